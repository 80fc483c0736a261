// Changing a picture: all of it, a painted part of it, or what lies beyond its edges.
import * as api from '/studio/api.js';
import {$, $$, fill, h, iconButton, openDialog} from '/studio/dom.js';
import {explain} from '/studio/errors.js';
import {number, t} from '/studio/i18n.js';
import {editSettings, submit} from '/studio/jobs.js';
import {Mask} from '/studio/mask.js';
import {can, findModel, modelFor, takesNegative, whyNot} from '/studio/models.js';
import {enlarge, fitMargins, kSides, makeFrame} from '/studio/outpaint.js';
import {paintOn} from '/studio/paint.js';
import {fitSize} from '/studio/sizes.js';
import {announce, say} from '/studio/snackbar.js';
import {set, state} from '/studio/store.js';

const kModes = ['edit', 'inpaint', 'outpaint'];
const taskOf = mode => (mode === 'edit' ? 'edit' : 'inpaint');

let edit = null;  // all about the picture that is open

/// Opens `source`: a picture of the gallery, or {id, url, width, height, prompt} of an upload.
/// `kept` is what remember() kept of it.
export async function openEditor(source, kept = {}) {
  const mode = [kept.mode, 'inpaint', 'edit'].find(one => one && !whyNot(taskOf(one)));
  if (!mode) return say(whyNot('edit'), {bad: true, wait: 9000});
  const image = new Image();
  image.src = source.url ?? api.fileUrl(source.id);
  try {
    await image.decode();
  } catch {
    set({edit: null});
    return say(t('error.picture'), {bad: true});
  }
  const {naturalWidth: width, naturalHeight: height} = image;
  edit = {
    source, image, width, height, mode, erase: false, brush: Math.max(8, Math.round(Math.min(width, height) / 8)),
    model: modelFor(taskOf(mode), source.model), margins: {left: 0, top: 0, right: 0, bottom: 0}, frame: null,
    mask: new Mask(h('canvas.mask', {width, height, tabindex: 0, role: 'application'}), () => {
      showTools();
      remember();
    }),
    strength: {edit: 0.6, inpaint: 0.8, outpaint: 1}, feather: 8, count: 1, onlyMasked: false,
    prompt: source.prompt || state.draft.prompt,
  };
  takeUp(kept);
  edit.mask.colour = getComputedStyle(document.documentElement).getPropertyValue('--accent').trim() || '#fff';
  edit.mask.redraw();
  build();
  openDialog($('#editor'), {light: false});
  layOut();
}

// --- What is kept while the page is away: all but pictures that only this page has.

const kKept = ['mode', 'prompt', 'margins', 'strength', 'feather', 'brush', 'count', 'onlyMasked'];
const kMostKept = 300000;  // characters of strokes

function remember() {
  if (!edit || edit.source.local) return;
  const {id, url, width, height, prompt, model} = edit.source;
  const kept = {source: {id, url, width, height, prompt, model}, model: edit.model.id, strokes: edit.mask.steps};
  for (const name of kKept) kept[name] = edit[name];
  if (JSON.stringify(kept.strokes).length > kMostKept) kept.strokes = [];
  set({edit: kept});
}

function takeUp(kept) {
  for (const name of kKept) if (name !== 'mode' && kept[name] !== undefined) edit[name] = kept[name];
  if (kept.strokes) edit.mask.steps = kept.strokes;
  const model = findModel(kept.model);
  edit.model = can(model, taskOf(edit.mode)) ? model : modelFor(taskOf(edit.mode), edit.source.model);
}

/// Opens again what was open when the page went away.
export function resumeEditor() {
  if (state.edit && !edit) openEditor(state.edit.source, state.edit);
}

export function startEditor() {
  for (const event of ['input', 'change', 'pointerup', 'keyup']) $('#editor').addEventListener(event, remember);
  $('#editor').addEventListener('keydown', event => {
    if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === 'z' && !event.target.matches('textarea, input')) {
      event.preventDefault();
      edit.mask.undo();
    }
    if ((event.ctrlKey || event.metaKey) && event.key === 'Enter') {
      event.preventDefault();
      event.stopPropagation();
      send();
    }
  });
  addEventListener('resize', () => $('#editor').open && layOut());
  $('#editor').addEventListener('close', () => {
    if (edit?.source.local) URL.revokeObjectURL(edit.source.url);
    fill($('#editor'));
    edit = null;
    set({edit: null});
  });
}

function build() {
  const canvas = edit.mask.canvas;
  canvas.setAttribute('aria-label', t('mask.canvas'));
  edit.frame = makeFrame({
    scale: () => edit.scale, margins: () => edit.margins, change: setMargin, step: () => Math.max(8, edit.model.multiple),
  });
  const picture = h('img.source', {src: edit.image.src, alt: edit.source.prompt || t('picture.no_prompt'), draggable: 'false'});
  fill($('#editor'),
    h('div.editor-stage', {}, h('div.board', {}, picture, canvas, edit.frame, paintOn(edit.mask, {brush: () => edit.brush, erase: () => edit.erase, scale: () => edit.scale}))),
    h('form.viewer-side.editor-side', {
      onsubmit: event => {
        event.preventDefault();
        send();
      },
    },
    h('div.viewer-head', {}, h('h2', {}, t('editor.title')), iconButton('close', t('close'), () => $('#editor').close(), {quiet: true})),
    modeField(), h('div', {id: 'edit-tools'}), promptField(), h('div', {id: 'edit-settings'}),
    h('div.problem', {id: 'edit-error', role: 'alert', hidden: true}),
    h('button.button.primary.wide', {type: 'submit', id: 'edit-send'}, h('span', {}, t('editor.send')))));
  showMode();
}

function modeField() {
  return h('fieldset.field.modes', {}, h('legend.sr-only', {}, t('editor.mode')), kModes.map(mode => {
    const why = whyNot(taskOf(mode));
    const input = h('input', {
      type: 'radio', name: 'edit-mode', value: mode, disabled: Boolean(why), autofocus: edit.mode === mode,
      onchange: () => {
        edit.mode = mode;
        if (!can(edit.model, taskOf(mode))) edit.model = modelFor(taskOf(mode), edit.source.model);
        showMode();
      },
    });
    input.checked = edit.mode === mode;
    return h('label.chip', {title: why || null}, input, h('span', {}, t('mode.' + mode)));
  }));
}

function promptField() {
  const area = h('textarea', {id: 'edit-prompt', rows: 3, oninput: () => edit.prompt = area.value});
  area.value = edit.prompt;
  return h('div.field', {}, h('label', {for: 'edit-prompt'}, t('editor.prompt')), area);
}

function showMode() {
  const editor = $('#editor');
  editor.dataset.mode = edit.mode;
  showTools();
  showSettings();
  layOut();
}

// --- The tools of each mode

function showTools() {
  const place = $('#edit-tools');
  if (!place) return;
  if (edit.mode === 'edit') return fill(place, h('p.hint', {}, t('mode.edit.hint')));
  if (edit.mode === 'outpaint') return fill(place, h('p.hint', {}, t('mode.outpaint.hint')), marginFields());
  const focused = document.activeElement?.dataset?.key;
  const tool = (erase, name, text) => iconButton(name, text, () => {
    edit.erase = erase;
    showTools();
  }, {quiet: true, 'aria-pressed': String(edit.erase === erase), data: {key: name}});
  fill(place, h('p.hint', {}, t('mode.inpaint.hint')),
    h('div.tool-row', {}, tool(false, 'brush', t('mask.brush')), tool(true, 'eraser', t('mask.eraser')),
      iconButton('undo', t('undo'), () => edit.mask.undo(), {quiet: true, disabled: edit.mask.empty, data: {key: 'undo'}}),
      iconButton('invert', t('mask.invert'), () => edit.mask.invert(), {quiet: true, data: {key: 'invert'}}),
      iconButton('trash', t('mask.clear'), () => edit.mask.clear(), {quiet: true, disabled: edit.mask.empty, data: {key: 'clear'}})),
    slider('brush', t('mask.size'), {low: 4, high: Math.round(Math.min(edit.width, edit.height) / 2), step: 1}, edit.brush, value => edit.brush = value, t('pixels')),
    slider('feather', t('mask.feather'), {low: 0, high: 64, step: 1}, edit.feather, value => edit.feather = value, t('pixels')),
    checkbox('only-masked', t('mask.only'), edit.onlyMasked, value => edit.onlyMasked = value));
  if (focused) place.querySelector(`[data-key="${CSS.escape(focused)}"]:not(:disabled)`)?.focus();
}

function marginFields() {
  return h('div.margins', {}, kSides.map(side => h('div', {}, h('label', {for: 'margin-' + side}, t('outpaint.' + side)),
    h('input', {
      id: 'margin-' + side, type: 'number', min: 0, max: edit.model.largest, step: edit.model.multiple, value: edit.margins[side],
      onchange: event => setMargin(side, Number(event.target.value) || 0),
    }))), h('p.hint', {id: 'outpaint-size'}, outpaintSize()));
}

function outpaintSize() {
  const {left, top, right, bottom} = edit.margins;
  return t('outpaint.size', {width: number(edit.width + left + right, {useGrouping: false}), height: number(edit.height + top + bottom, {useGrouping: false})});
}

function setMargin(side, pixels) {
  const step = edit.model.multiple || 8;
  const across = side === 'left' || side === 'right';
  const [size, other] = across ? [edit.width, side === 'left' ? 'right' : 'left'] : [edit.height, side === 'top' ? 'bottom' : 'top'];
  const most = Math.max(0, edit.model.largest - size - edit.margins[other]);
  edit.margins[side] = Math.min(most, Math.max(0, Math.round(pixels / step) * step));
  for (const one of kSides) if ($('#margin-' + one)) $('#margin-' + one).value = edit.margins[one];
  if ($('#outpaint-size')) $('#outpaint-size').textContent = outpaintSize();
  layOut();
}

// --- Settings that every mode has

function showSettings() {
  const able = state.models.filter(model => can(model, taskOf(edit.mode)));
  const model = h('select', {
    id: 'edit-model',
    onchange: () => edit.model = state.models.find(one => one.id === model.value),
  }, able.map(one => h('option', {value: one.id}, one.name)));
  model.value = edit.model.id;
  const count = h('input', {id: 'edit-count', type: 'number', min: 1, max: 16, value: edit.count, onchange: () => edit.count = Math.min(16, Math.max(1, Number(count.value) || 1))});
  fill($('#edit-settings'),
    slider('strength', t('strength'), {low: 0.05, high: 1, step: 0.05}, edit.strength[edit.mode], value => edit.strength[edit.mode] = value, '', t('strength.hint')),
    h('div.pair', {}, h('div', {}, h('label', {for: 'edit-model'}, t('model')), model), h('div', {}, h('label', {for: 'edit-count'}, t('count')), count)));
}

function slider(name, text, {low, high, step}, value, take, unit = '', hint = '') {
  const output = h('output', {for: 'edit-' + name});
  const range = h('input', {
    id: 'edit-' + name, type: 'range', min: low, max: high, step, value, 'aria-describedby': hint ? `edit-${name}-hint` : null,
    oninput: () => {
      take(Number(range.value));
      write();
    },
  });
  const write = () => {
    output.textContent = `${number(Number(range.value))} ${unit}`.trim();
    range.style.setProperty('--part', String((range.value - low) / (high - low)));
  };
  write();
  return h('div.field', {}, h('div.label-row', {}, h('label', {for: 'edit-' + name}, text), output), range, hint && h('p.hint', {id: `edit-${name}-hint`}, hint));
}

function checkbox(name, text, value, take) {
  const box = h('input', {id: 'edit-' + name, type: 'checkbox', onchange: () => take(box.checked)});
  box.checked = value;
  return h('label.check', {for: 'edit-' + name}, box, h('span', {}, text));
}

// --- Where things lie on the screen

function layOut() {
  const stage = $('.editor-stage'), board = $('.board');
  if (!stage || !edit) return;
  const {left, top, right, bottom} = edit.mode === 'outpaint' ? edit.margins : {left: 0, top: 0, right: 0, bottom: 0};
  const room = edit.mode === 'outpaint' ? 96 : 40;
  const width = edit.width + left + right, height = edit.height + top + bottom;
  const scale = Math.max(0.02, Math.min((stage.clientWidth - room) / width, (stage.clientHeight - room) / height, 4));
  edit.scale = scale;
  Object.assign(board.style, {width: `${width * scale}px`, height: `${height * scale}px`});
  for (const layer of $$('.source, .mask', board)) {
    Object.assign(layer.style, {left: `${left * scale}px`, top: `${top * scale}px`, width: `${edit.width * scale}px`, height: `${edit.height * scale}px`});
  }
  kSides.forEach(side => $('.edge.' + side).setAttribute('aria-valuenow', String(edit.margins[side])));
}

// --- Sending

function problem(words) {
  const place = $('#edit-error');
  place.hidden = !words;
  if (words) fill(place, h('strong', {}, words.title), words.detail && h('span', {}, words.detail));
}

function requestOfEdit() {
  const {mode, model, source} = edit;
  const request = {task: taskOf(mode), ...editSettings(model, {count: edit.count, seedLocked: state.draft.seedLocked, seed: state.draft.seed}),
    prompt: edit.prompt.trim(), picture: source.id, strength: edit.strength[mode]};
  if (state.draft.negative.trim() && takesNegative(model, state.draft)) request.negative_prompt = state.draft.negative.trim();
  if (mode === 'outpaint') {
    const margins = fitMargins(edit.margins, edit.width, edit.height, model);
    const {picture, mask} = enlarge(edit.image, edit.width, edit.height, margins, Math.min(16, Math.round(Math.min(edit.width, edit.height) / 16)));
    return {...request, picture: picture.toDataURL('image/png'), mask: mask.toDataURL('image/png'), mask_blur: 8, width: picture.width, height: picture.height};
  }
  if (mode === 'inpaint') {
    request.mask = edit.mask.picture().toDataURL('image/png');
    request.mask_blur = edit.feather;
    if (edit.onlyMasked) request.only_masked = true;
  }
  return {...request, ...fitSize(model, edit.width, edit.height)};
}

async function send() {
  problem(null);
  if (edit.mode === 'inpaint' && !edit.mask.painted()) return problem({title: t('mask.nothing')});
  if (edit.mode === 'outpaint' && kSides.every(side => edit.margins[side] === 0)) return problem({title: t('outpaint.nothing')});
  const button = $('#edit-send');
  button.disabled = true;
  try {
    await submit([requestOfEdit()]);
    announce(t('said.began', {n: 1}));
    $('#editor').close();
    scrollTo({top: 0});
  } catch (error) {
    problem(explain(error));
  } finally {
    button.disabled = false;
  }
}
