// X/Y grids: the same picture with two things varied. One job per cell, tagged with the grid.
import * as api from '/studio/api.js';
import {axesOf, kAxes, choicesOf, valuesOf, withValue} from '/studio/axes.js';
import {$, fill, h, iconButton, openDialog} from '/studio/dom.js';
import {explain} from '/studio/errors.js';
import {composeSheet} from '/studio/grid_sheet.js';
import {t} from '/studio/i18n.js';
import {icon} from '/studio/icons.js';
import {cancel, isOver, submit} from '/studio/jobs.js';
import {chosenLoras} from '/studio/loras.js';
import {currentModel} from '/studio/models.js';
import {imagineRequest} from '/studio/request.js';
import {say, sayError} from '/studio/snackbar.js';
import {set, setDraft, state, subscribe} from '/studio/store.js';
import {openViewer} from '/studio/viewer.js';
import {hasWildcards} from '/studio/wildcards.js';

const kMostCells = 100, kKept = 12;

const form = {x: {axis: 'steps', text: '', chosen: []}, y: {axis: 'guidance', text: '', chosen: []}};
let shown = null;             // the grid on the right
const found = new Map();      // grid id -> Map("x,y" -> picture), of those asked from the server

export function startGrid() {
  $('#open-grid').addEventListener('click', openGrid);
  subscribe(['jobs'], () => $('#grid').open && showSheet());
}

export function openGrid() {
  shown ??= state.grids[0] ?? null;
  build();
  openDialog($('#grid'), {light: false});
  if (shown) load(shown);
}

function build() {
  fill($('#grid'),
    h('div.grid-sheet', {id: 'grid-sheet'}),
    h('form.viewer-side', {
      onsubmit: event => {
        event.preventDefault();
        make();
      },
    },
    h('div.viewer-head', {}, h('h2', {}, t('grid.title')), iconButton('close', t('close'), () => $('#grid').close(), {quiet: true})),
    h('p.hint', {}, t('grid.hint')),
    promptField(),
    axisField('x'), axisField('y'),
    h('p.note', {id: 'grid-count', role: 'status'}),
    h('div.problem', {id: 'grid-error', role: 'alert', hidden: true}),
    h('button.button.primary.wide', {type: 'submit', id: 'grid-make'}, t('grid.make')),
    state.grids.length > 0 && h('div.field', {}, h('label', {for: 'grid-past'}, t('grid.past')), pastField())));
  count();
  showSheet();
}

function promptField() {
  const area = h('textarea', {
    id: 'grid-prompt', rows: 3, placeholder: t('prompt.hint'),
    oninput: () => {
      setDraft({prompt: area.value});
      count();
    },
  });
  area.value = state.draft.prompt;
  return h('div.field', {}, h('label', {for: 'grid-prompt'}, t('prompt.label')), area);
}

function pastField() {
  const select = h('select', {
    id: 'grid-past',
    onchange: () => {
      shown = state.grids.find(one => one.id === select.value) ?? null;
      if (shown) load(shown);
      showSheet();
    },
  }, state.grids.map(one => h('option', {value: one.id}, `${one.x.values.length} × ${one.y.values.length} · ${one.prompt}`)));
  select.value = shown?.id ?? '';
  return select;
}

function axisField(name) {
  const axis = form[name];
  const place = h('div.values', {});
  const select = h('select', {
    id: 'axis-' + name,
    onchange: () => {
      Object.assign(axis, {axis: select.value, text: '', chosen: []});
      showValues();
      count();
    },
  }, axesOf(currentModel()).map(one => h('option', {value: one}, t('axis.' + one))));
  select.value = axis.axis;

  function showValues() {
    const {kind, example} = kAxes[axis.axis];
    if (kind === 'none') return fill(place);
    if (kind === 'choices') {
      const chip = ({value, text}) => {
        const box = h('input', {
          type: 'checkbox', value,
          onchange: () => {
            axis.chosen = box.checked ? [...axis.chosen, value] : axis.chosen.filter(one => one !== value);
            count();
          },
        });
        box.checked = axis.chosen.includes(value);
        return h('label.chip', {}, box, h('span', {}, text));
      };
      return fill(place, h('fieldset', {}, h('legend.sr-only', {}, t('grid.values')), h('div.chips', {}, choicesOf(axis.axis, currentModel()).map(chip))));
    }
    const input = h('input', {
      id: `values-${name}`, value: axis.text, autocomplete: 'off', placeholder: kind === 'words' ? t('grid.words_example') : example,
      'aria-describedby': `values-${name}-hint`,
      oninput: () => {
        axis.text = input.value;
        count();
      },
    });
    fill(place, h('label', {for: `values-${name}`}, t('grid.values')), input,
      h('p.hint', {id: `values-${name}-hint`}, t(kind === 'words' ? 'grid.words_hint' : 'grid.numbers_hint')));
  }
  showValues();
  return h('div.field', {}, h('label', {for: 'axis-' + name}, t('grid.' + name)), select, place);
}

function cellsOf() {
  const model = currentModel();
  const x = valuesOf(form.x, model), y = valuesOf(form.y, model);
  return {x, y, cells: x && y ? x.length * y.length : 0};
}

function problem(words) {
  const place = $('#grid-error');
  place.hidden = !words;
  if (words) fill(place, h('strong', {}, words.title), words.detail && h('span', {}, words.detail));
}

function count() {
  const {x, y, cells} = cellsOf();
  problem(null);
  $('#grid-count').textContent = !x || !y ? t('grid.cannot_read') : cells ? t('grid.count', {x: x.length, y: y.length, n: cells}) : t('grid.no_values');
  $('#grid-make').disabled = !cells || cells > kMostCells;
  if (cells > kMostCells) $('#grid-count').textContent = t('grid.too_many', {n: cells, most: kMostCells});
}

async function make() {
  const {x, y, cells} = cellsOf();
  if (!cells || cells > kMostCells) return;
  const prompt = state.draft.prompt.trim();
  if (!prompt) return problem({title: t('prompt.empty')});
  if (hasWildcards(prompt)) return problem({title: t('grid.wildcards')});
  const axes = [form.x.axis, form.y.axis];
  if (axes.includes('loraWeight') && !axes.includes('lora') && !chosenLoras(state.draft, currentModel()).length) return problem({title: t('grid.no_lora')});
  for (const [axis, values] of [[form.x.axis, x], [form.y.axis, y]]) {
    if (axis === 'prompt' && !prompt.includes(values[0].value)) return problem({title: t('grid.words_missing', {words: values[0].value})});
  }
  const id = crypto.getRandomValues(new Uint32Array(2)).reduce((text, part) => text + part.toString(36), '').slice(0, 10);
  const fixed = {...state.draft, prompt, count: 1};
  // One seed for all cells, or nothing could be compared.
  if (!fixed.seedLocked) Object.assign(fixed, {seedLocked: true, seed: String(Math.floor(Math.random() * 2 ** 32))});
  const requests = y.flatMap((row, j) => x.map((column, k) => {
    const draft = withValue(withValue(fixed, form.x.axis, column.value, x[0].value), form.y.axis, row.value, y[0].value);
    return imagineRequest(draft.prompt, draft, [`grid-${id}`, `cell-${k}-${j}`]);
  }));
  shown = {id, prompt, made: Date.now(), x: {axis: form.x.axis, values: x}, y: {axis: form.y.axis, values: y}};
  set({grids: [shown, ...state.grids].slice(0, kKept)});
  $('#grid-make').disabled = true;
  showSheet();
  try {
    await submit(requests, {show: false});
  } catch (error) {
    problem(explain(error));
  } finally {
    build();
  }
}

const cellTag = tags => tags?.map(tag => tag.match(/^cell-(\d+)-(\d+)$/)).find(Boolean);

// Pictures made before this page was opened.
async function load(grid) {
  try {
    const cells = new Map();
    let before = null;
    do {
      const {pictures, next} = await api.getPictures({tag: `grid-${grid.id}`, limit: 100, before});
      for (const picture of pictures) {
        const cell = cellTag(picture.tags);
        if (cell) cells.set(`${cell[1]},${cell[2]}`, picture);
      }
      before = next;
    } while (before);
    found.set(grid.id, cells);
    showSheet();
  } catch (error) {
    sayError(error);
  }
}

function jobsOf(grid) {
  const jobs = new Map();
  for (const job of state.jobs.values()) {
    const tags = job.tags?.length ? job.tags : job.request.tags;
    if (!tags?.includes(`grid-${grid.id}`)) continue;
    const cell = cellTag(tags);
    if (cell) jobs.set(`${cell[1]},${cell[2]}`, job);
  }
  return jobs;
}

let drawn = '';
function showSheet() {
  const place = $('#grid-sheet');
  if (!place) return;
  if (!shown) {
    drawn = '';
    return fill(place, h('div.grid-empty', {}, icon('grid'), h('p', {}, t('grid.empty'))));
  }
  const jobs = jobsOf(shown), known = found.get(shown.id) ?? new Map();
  const cell = (k, j) => ({job: jobs.get(`${k},${j}`), picture: jobs.get(`${k},${j}`)?.pictures?.[0] ?? known.get(`${k},${j}`)});
  const {x, y} = shown;
  const cells = y.values.map((row, j) => x.values.map((column, k) => cell(k, j)));
  const now = JSON.stringify([shown.id, document.documentElement.lang, cells.flat().map(({job, picture}) => [picture?.id, job?.state])]);
  if (now === drawn && place.firstChild) return;
  drawn = now;
  const all = cells.flat();
  const pictures = all.map(one => one.picture).filter(Boolean);
  const active = [...jobs.values()].filter(job => !isOver(job));
  const one = ({job, picture}) => h('td', {}, picture ?
    h('button.thumbnail', {type: 'button', 'aria-label': t('picture.open', {prompt: picture.prompt}), onclick: () => openViewer(picture, pictures)},
      h('img', {src: api.thumbnailUrl(picture.id, 512), alt: picture.prompt, loading: 'lazy'})) :
    h('span.cell', {class: job?.state === 'running' ? 'cell running' : 'cell'}, job || !found.has(shown.id) ? t('state.' + (job?.state ?? 'queued')) : '—'));
  const hasRows = y.values.some(value => value.text);
  fill(place,
    h('div.grid-tools', {}, h('p', {role: 'status'}, t('grid.progress', {done: pictures.length, total: all.length})),
      active.length > 0 && iconButton('close', t('cancel'), () => active.forEach(job => cancel(job.id)), {kind: 'quiet'}),
      iconButton('download', t('grid.export'), () => exportSheet(cells), {disabled: !pictures.length})),
    h('div.grid-scroll', {tabindex: 0, role: 'group', 'aria-label': t('grid.title')}, h('table', {}, h('caption.sr-only', {}, shown.prompt),
      x.values.some(value => value.text) && h('thead', {}, h('tr', {}, hasRows && h('td'), x.values.map(value => h('th', {scope: 'col'}, value.text)))),
      h('tbody', {}, cells.map((row, j) => h('tr', {}, hasRows && h('th', {scope: 'row'}, y.values[j].text), row.map(one)))))));
}

async function exportSheet(cells) {
  try {
    const load = async ({picture}) => {
      if (!picture) return null;
      const image = new Image();
      image.src = picture.url ?? api.fileUrl(picture.id);
      await image.decode();
      return image;
    };
    const images = await Promise.all(cells.map(row => Promise.all(row.map(load))));
    const canvas = composeSheet({cells: images, columns: shown.x.values.map(one => one.text), rows: shown.y.values.map(one => one.text), title: shown.prompt});
    const blob = await new Promise(resolve => canvas.toBlob(resolve, 'image/png'));
    if (!blob) throw new Error(t('error.too_large_here'));
    const url = URL.createObjectURL(blob);
    h('a', {href: url, download: `lienzo-grid-${shown.id}.png`}).click();
    setTimeout(() => URL.revokeObjectURL(url), 60000);
  } catch (error) {
    say(error.message, {bad: true});
  }
}
