// Keys that work everywhere, the two side sheets, and the page that lists them all.
import {$, $$, fill, h, iconButton, isNarrow, openDialog} from '/studio/dom.js';
import {t} from '/studio/i18n.js';
import {generate} from '/studio/prompt_bar.js';
import {render as renderQueue} from '/studio/queue.js';
import {set, state} from '/studio/store.js';

const kSheets = ['settings', 'queue'];

export function startKeys() {
  addEventListener('keydown', event => {
    const typing = event.target.matches?.('input:not([type=range], [type=radio], [type=checkbox]), textarea, select');
    const inDialog = Boolean($('dialog:modal'));
    if ((event.ctrlKey || event.metaKey) && event.key === 'Enter' && (!inDialog || $('#settings').matches(':modal'))) {
      event.preventDefault();
      if ($('#settings').matches(':modal')) closeSheet('settings');
      generate();
    } else if (event.key === 'Escape' && !inDialog) {
      escape(event);
    } else if (!typing && !inDialog && !event.ctrlKey && !event.metaKey && !event.altKey) {
      if (event.key === '/') {
        event.preventDefault();
        $('#search').focus();
        $('#search').scrollIntoView({block: 'center'});
      } else if (event.key === '?') {
        openHelp();
      }
    }
  });
  for (const name of kSheets) startSheet(name);
  $('#open-help').addEventListener('click', openHelp);
  if (state.settingsOpen && !isNarrow()) openSheet('settings', {focus: false});
}

function escape() {
  if (state.comparing) return set({comparing: null});
  const open = kSheets.find(name => $('#' + name).open);
  if (open) closeSheet(open);
}

function startSheet(name) {
  const sheet = $('#' + name), opener = $('#open-' + name);
  opener.setAttribute('aria-controls', name);
  opener.addEventListener('click', () => (sheet.open ? closeSheet(name) : openSheet(name)));
  $('[data-close]', sheet).addEventListener('click', () => closeSheet(name));
  sheet.addEventListener('close', () => {
    opener.setAttribute('aria-expanded', 'false');
    document.body.classList.toggle('beside', kSheets.some(one => $('#' + one).open));
    if (name === 'settings') set({settingsOpen: false});
  });
}

// Beside the page where there is room, over it on a phone.
function openSheet(name, {focus = true} = {}) {
  for (const other of kSheets) if (other !== name && $('#' + other).open) $('#' + other).close();
  const sheet = $('#' + name);
  if (isNarrow()) {
    openDialog(sheet);
  } else {
    const before = document.activeElement;
    sheet.show();
    if (focus) $$('input, select, button', $('.sheet-body', sheet))[0]?.focus();
    else before?.focus?.();
    document.body.classList.add('beside');
  }
  $('#open-' + name).setAttribute('aria-expanded', 'true');
  if (name === 'settings') set({settingsOpen: true});
  if (name === 'queue') renderQueue();
}

function closeSheet(name) {
  $('#' + name).close();
  $('#open-' + name).focus();
}

function openHelp() {
  const dialog = $('#help');
  const rows = [['Enter', 'help.generate'], ['Ctrl + Enter', 'help.generate_anywhere'], ['/', 'help.search'], ['Esc', 'help.close'], ['← →', 'help.arrows'],
    ['Supr / Del', 'help.delete'], ['Ctrl + Z', 'help.undo'], ['Ctrl + V', 'help.paste'], ['?', 'help.this']];
  fill(dialog, h('div.card-head', {}, h('h2', {id: 'help-title'}, t('help.title')), iconButton('close', t('close'), () => dialog.close(), {quiet: true})),
    h('dl.keys', {}, rows.map(([key, text]) => h('div', {}, h('dt', {}, h('kbd', {}, key)), h('dd', {}, t(text))))),
    h('p.hint', {}, t('help.wildcards')));
  openDialog(dialog);
}
