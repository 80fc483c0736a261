// Pictures from outside: dropped, pasted or chosen; to edit them, or for their settings.
import * as api from '/studio/api.js';
import {$, fill, h, iconButton, openDialog} from '/studio/dom.js';
import {t} from '/studio/i18n.js';
import {whyNot} from '/studio/models.js';
import {draftFrom} from '/studio/request.js';
import {say, sayError} from '/studio/snackbar.js';
import {setDraft} from '/studio/store.js';
import {openEditor} from '/studio/editor.js';

const kTypes = ['image/png', 'image/jpeg', 'image/webp'];

export function startDrop() {
  const veil = $('#drop-veil');
  let depth = 0;
  const hasFiles = event => [...event.dataTransfer?.types ?? []].includes('Files');
  addEventListener('dragenter', event => {
    if (!hasFiles(event)) return;
    event.preventDefault();
    ++depth;
    veil.hidden = false;
  });
  addEventListener('dragover', event => hasFiles(event) && event.preventDefault());
  addEventListener('dragleave', event => {
    if (hasFiles(event) && --depth <= 0) veil.hidden = true;
  });
  addEventListener('drop', event => {
    if (!hasFiles(event)) return;
    event.preventDefault();
    depth = 0;
    veil.hidden = true;
    take(event.dataTransfer.files[0]);
  });
  addEventListener('paste', event => {
    const file = [...event.clipboardData?.files ?? []].find(one => one.type.startsWith('image/'));
    // What was copied from a document is often both: into a field go the words.
    const words = event.target.matches?.('textarea, input') && event.clipboardData.types.includes('text/plain');
    if (!file || words) return;
    event.preventDefault();
    take(file);
  });
  const chooser = $('#picture-file');
  $('#add-picture').addEventListener('click', () => chooser.click());
  chooser.addEventListener('change', () => {
    take(chooser.files[0]);
    chooser.value = '';
  });
}

async function take(file) {
  if (!file) return;
  if (!kTypes.includes(file.type)) return say(t('drop.wrong_type'), {bad: true});
  let upload;
  try {
    upload = await api.upload(file);
  } catch (error) {
    return sayError(error);
  }
  ask(upload, URL.createObjectURL(file));
}

// What to do with it. Where there is no choice, it is done.
function ask(upload, url) {
  const why = whyNot('edit') && whyNot('inpaint') ? whyNot('edit') : '';
  const source = {id: upload.id, url: upload.url ?? url, local: !upload.url, width: upload.width, height: upload.height, prompt: upload.record?.prompt ?? ''};
  if (!upload.record && !why) return openEditor(source);
  const dialog = $('#dropped');
  const close = () => dialog.close();
  let kept = false;
  fill(dialog,
    h('div.card-head', {}, h('h2', {id: 'dropped-title'}, t('drop.title')), iconButton('close', t('close'), close, {quiet: true})),
    h('img.dropped-picture', {src: url, alt: t('drop.picture')}),
    h('p.viewer-prompt', {}, upload.record ? upload.record.prompt || t('picture.no_prompt') : t('drop.no_record')),
    why && h('p.hint', {}, why),
    h('div.actions', {},
      upload.record && iconButton('reuse', t('use_settings'), () => {
        setDraft(draftFrom(upload.record));
        close();
        say(t('said.settings_used'));
        $('#prompt').focus();
      }, {kind: 'primary'}),
      iconButton('brush', t('edit'), () => {
        if (why) return say(why, {bad: true, wait: 8000});
        kept = true;
        close();
        openEditor(source);
      }, {'aria-disabled': why ? 'true' : null})));
  dialog.addEventListener('close', () => {
    if (!kept || !source.local) URL.revokeObjectURL(url);
  }, {once: true});
  openDialog(dialog);
}
