// One picture, large, with its whole record and all that can be done with it.
import * as api from '/studio/api.js';
import {$, fill, h, iconButton, openDialog} from '/studio/dom.js';
import {bytes, moment, named, number, t} from '/studio/i18n.js';
import {icon} from '/studio/icons.js';
import {deletePicture, upscale, useSettings, vary} from '/studio/jobs.js';
import {shownLoras} from '/studio/loras.js';
import {upscalers, whyNot} from '/studio/models.js';
import {properName} from '/studio/names.js';
import {rehome, say, sayError} from '/studio/snackbar.js';
import {set, state, subscribe} from '/studio/store.js';
import {openCompare} from '/studio/compare.js';
import {openEditor} from '/studio/editor.js';

let picture = null;
let around = [];  // what the arrows go through

/// Opens `shown`; the arrows go through `list`, which holds it.
export function openViewer(shown, list) {
  around = list.some(one => one.id === shown.id) ? list : [shown];
  show(shown);
  openDialog($('#viewer'), {light: false});
}

export function startViewer() {
  $('#viewer').addEventListener('keydown', event => {
    if (event.target.matches('input, textarea, select')) return;
    if (event.key === 'ArrowLeft') go(-1);
    else if (event.key === 'ArrowRight') go(1);
    else if (event.key === 'Delete') remove();
  });
  startSwipe($('#viewer'));
  subscribe(['removed'], () => {
    if (!$('#viewer').open) return;
    const at = around.findIndex(one => one.id === state.removed);
    if (at >= 0) leave(at);
  });
}

// A finger drawn across the picture turns the page.
function startSwipe(viewer) {
  const kFar = 50;  // pixels of the screen
  let from = null;
  viewer.addEventListener('touchstart', event => {
    const {touches: [one], touches} = event;
    from = touches.length === 1 && event.target.closest('.zoom') && !viewer.classList.contains('zoomed') ? [one.clientX, one.clientY] : null;
  }, {passive: true});
  viewer.addEventListener('touchend', event => {
    if (!from) return;
    const {clientX, clientY} = event.changedTouches[0];
    const [across, down] = [clientX - from[0], clientY - from[1]];
    from = null;
    if (Math.abs(across) < kFar || Math.abs(across) < 2 * Math.abs(down)) return;
    event.preventDefault();  // no click
    go(across < 0 ? 1 : -1);
  });
}

function go(by) {
  const at = around.findIndex(one => one.id === picture.id) + by;
  if (at < 0 || at >= around.length) return;
  const focused = document.activeElement?.dataset?.key;
  show(around[at]);
  $(`#viewer [data-key="${focused ?? (by < 0 ? 'left' : 'right')}"]:not(:disabled)`)?.focus();
}

function remove() {
  const gone = picture;
  leave(around.findIndex(one => one.id === gone.id));
  deletePicture(gone);
}

// Goes on without what is at `at`.
function leave(at) {
  const gone = around[at];
  around = around.filter(one => one.id !== gone.id);
  if (!around.length) $('#viewer').close();
  else show(gone.id === picture.id ? around[Math.min(at, around.length - 1)] : picture);
}

// `action` may say why it cannot: the button stays in reach and tells.
function able(task, action) {
  const why = whyNot(task);
  return {run: why ? () => say(why, {bad: true, wait: 8000}) : action, why};
}

function actionButton(key, name, text, {run, why = ''}, kind = '') {
  return iconButton(name, text, run, {kind, data: {key}, 'aria-disabled': why ? 'true' : null, title: why || null});
}

function show(shown) {
  picture = shown;
  const at = around.findIndex(one => one.id === shown.id);
  const close = () => $('#viewer').close();
  const image = h('img.large', {src: shown.url ?? api.fileUrl(shown.id), alt: shown.prompt || t('picture.no_prompt'), width: shown.width, height: shown.height});
  const zoom = h('button.zoom', {
    type: 'button', 'aria-label': t('viewer.zoom'), 'aria-pressed': 'false', data: {key: 'zoom'},
    onclick: () => {
      const large = $('#viewer').classList.toggle('zoomed');
      zoom.setAttribute('aria-pressed', String(large));
    },
  }, image);
  $('#viewer').classList.remove('zoomed');
  const edit = able('edit', () => {
    close();
    openEditor(shown);
  });
  if (edit.why && !whyNot('inpaint')) Object.assign(edit, able('inpaint', () => openEditor(shown)));
  fill($('#viewer'),
    h('div.viewer-picture', {}, zoom,
      iconButton('left', t('viewer.previous'), () => go(-1), {quiet: true, kind: 'arrow', disabled: at <= 0, data: {key: 'left'}}),
      iconButton('right', t('viewer.next'), () => go(1), {quiet: true, kind: 'arrow', disabled: at >= around.length - 1, data: {key: 'right'}})),
    h('div.viewer-side', {},
      h('div.viewer-head', {}, h('span.hint', {}, around.length > 1 ? t('viewer.place', {k: at + 1, n: around.length}) : ''),
        iconButton('close', t('close'), close, {quiet: true, autofocus: true, data: {key: 'close'}})),
      h('p.viewer-prompt', {}, shown.prompt || t('picture.no_prompt')),
      h('div.actions', {},
        actionButton('reuse', 'reuse', t('use_settings'), {
          run: () => {
            close();
            useSettings(shown);
            $('#prompt').focus();
          },
        }, 'primary'),
        actionButton('small', 'vary', t('vary.small'), able('vary', () => vary(shown, 'small').then(done => done && close()))),
        actionButton('strong', 'strong', t('vary.strong'), able('vary', () => vary(shown, 'strong').then(done => done && close()))),
        actionButton('upscale', 'enlarge', t('upscale'), able('upscale', () => upscale(shown).then(done => done && close()))),
        upscalers().map(one => actionButton(`upscale-${one.id}`, 'enlarge', t('upscale.with', {model: one.name, k: Math.max(2, one.enlarges)}), {run: () => upscale(shown, one).then(done => done && close())})),
        actionButton('edit', 'brush', t('edit'), edit),
        actionButton('compare', 'compare', t('compare.with'), {run: () => compare(shown)}),
        h('a.button', {href: api.downloadUrl(shown.id), download: '', data: {key: 'download'}}, icon('download'), h('span', {}, t('download'))),
        actionButton('copy', 'copy', t('record.copy'), {run: () => copyRecord(shown)}),
        actionButton('delete', 'trash', t('delete'), {run: remove}, 'danger')),
      record(shown)));
  rehome();
  for (const near of [around[at + 1], around[at - 1]]) if (near) new Image().src = near.url ?? api.fileUrl(near.id);
}

// With the picture it was made from, where there is one; else another is asked for.
async function compare(shown) {
  $('#viewer').close();
  try {
    const {request} = state.jobs.get(shown.job) ?? await api.getJob(shown.job);
    if (request.picture) return openCompare(await api.getPicture(request.picture), shown);
  } catch {
    // The job is gone, or its picture was an upload or is deleted.
  }
  set({comparing: shown});
  $('#gallery').scrollIntoView();
  $('#pictures .thumbnail')?.focus();
}

function record(shown) {
  const {record: made = {}} = shown;
  const rows = [];
  const row = (name, value) => {
    if (value !== undefined && value !== null && value !== '' && value !== false) rows.push(h('div', {}, h('dt', {}, name), h('dd', {}, value)));
  };
  row(t('negative'), shown.negative_prompt || made.negative_prompt);
  row(t('model'), shown.model);
  row(t('seed'), shown.seed === undefined ? '' : String(shown.seed));
  row(t('size'), `${shown.width} × ${shown.height}`);
  row(t('steps'), made.steps && number(made.steps));
  row(t('guidance'), made.guidance === undefined ? '' : number(made.guidance));
  row(t('sampler'), made.sampler && properName(made.sampler));
  const {loras, ...extra} = made.extra ?? {};
  row(t('loras'), Array.isArray(loras) && shownLoras(loras));
  for (const [name, value] of Object.entries(extra)) row(named('field.', name), typeof value === 'object' ? JSON.stringify(value) : String(value));
  row(t('record.made'), moment(shown.created));
  row(t('record.file'), `${shown.format.toUpperCase()}, ${bytes(shown.bytes)}`);
  row(t('record.version'), made.version);
  row(t('record.hash'), made.model_hash && made.model_hash.slice(0, 12));
  return h('div.record', {}, h('h3', {}, t('record.title')), h('dl', {}, rows),
    made.scene && h('details', {}, h('summary', {}, t('record.scene')), h('pre', {tabindex: 0}, JSON.stringify(made.scene, null, 1))),
    tags(shown));
}

// Tags of the studio's own, by which the cells of a grid are found again.
const isOurs = tag => /^(grid|cell)-/.test(tag);

function tags(shown) {
  const input = h('input', {
    id: 'picture-tags', value: (shown.tags ?? []).filter(tag => !isOurs(tag)).join(', '), autocomplete: 'off', placeholder: t('tags.hint'),
    onchange: async () => {
      try {
        const written = input.value.split(',').map(tag => tag.trim()).filter(Boolean);
        const changed = await api.tagPicture(shown.id, [...(shown.tags ?? []).filter(isOurs), ...written]);
        Object.assign(shown, {tags: changed?.tags ?? shown.tags});
      } catch (error) {
        sayError(error);
      }
    },
  });
  return h('div.field', {}, h('label', {for: 'picture-tags'}, t('tags')), input);
}

async function copyRecord(shown) {
  try {
    await navigator.clipboard.writeText(JSON.stringify(shown.record ?? shown, null, 2));
    say(t('said.copied'));
  } catch {
    say(t('error.clipboard'), {bad: true});
  }
}
