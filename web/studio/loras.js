// LoRAs: which of them fit a model, which are chosen and how strongly, and the fields for that.
import {$$, h} from '/studio/dom.js';
import {number, t} from '/studio/i18n.js';
import {setDraft, state} from '/studio/store.js';

const kLeast = 0, kMost = 2, kStep = 0.05;  // of the slider; the field beside it takes all that the server does
const kLargestWeight = 100;
const kSearched = 8;                        // so many are looked through without a search

/// Whether the server would take `lora` with `model`; one whose family nobody knows may fit any.
const fits = (lora, model) => model.family !== 'Lienzo' && model.family.startsWith(lora.family);

/// What there is to choose from: those of the server that fit, and, first, those that the draft names
/// and the server has not (`missing`), so that nobody wonders where they went.
export function lorasFor(model) {
  if (!model || model.family === 'Lienzo') return [];
  const known = name => state.loras.some(lora => lora.name === name);
  const missing = state.draft.loras.filter(lora => !known(lora.name)).map(({name}) => ({name, file: '', missing: true}));
  return [...missing, ...state.loras.filter(lora => fits(lora, model))];
}

/// Those of `draft` that a request to `model` names: [{name, weight}].
export function chosenLoras(draft, model) {
  const offered = new Set(lorasFor(model).map(lora => lora.name));
  return draft.loras.filter(lora => offered.has(lora.name));
}

/// In a few words: "style 0.8 + detail".
export const shownLoras = loras => loras.map(({name, weight}) => (weight === 1 ? name : `${name} ${number(weight)}`)).join(' + ');

const weightOf = name => state.draft.loras.find(lora => lora.name === name)?.weight;

function choose(name, weight) {
  const others = state.draft.loras.filter(lora => lora.name !== name);
  const chosen = state.draft.loras.some(lora => lora.name === name);
  if (weight === null) return setDraft({loras: others});
  // In its place, or behind the others.
  setDraft({loras: chosen ? state.draft.loras.map(lora => (lora.name === name ? {name, weight} : lora)) : [...others, {name, weight}]});
}

function row(lora, k, fields) {
  const {name} = lora;
  const box = h('input', {id: `lora-${k}`, type: 'checkbox', onchange: () => choose(name, box.checked ? 1 : null)});
  const label = t('lora.weight', {name});
  const range = h('input', {id: `lora-${k}-slider`, type: 'range', min: kLeast, max: kMost, step: kStep, 'aria-label': label, oninput: () => choose(name, Number(range.value))});
  const exact = h('input', {
    id: `lora-${k}-weight`, type: 'number', min: -kLargestWeight, max: kLargestWeight, step: kStep, inputmode: 'decimal', 'aria-label': label,
    onchange: () => choose(name, exact.value === '' ? 1 : Math.min(kLargestWeight, Math.max(-kLargestWeight, Number(exact.value)))),
  });
  const strength = h('div.slider', {}, range, exact);
  const note = lora.missing ? t('lora.missing') : lora.family === '' ? t('lora.family_unknown') : '';
  const place = h('li.lora', {data: {name}}, h('label.check', {for: box.id, title: lora.file || null}, box, h('span', {}, name)),
    note && h('p.hint', {}, note), strength);
  fields.push(() => {
    const weight = weightOf(name);
    box.checked = weight !== undefined;
    place.classList.toggle('chosen', box.checked);
    strength.hidden = !box.checked;
    if (!box.checked) return;
    range.value = weight;
    range.style.setProperty('--part', String((Math.min(kMost, Math.max(kLeast, weight)) - kLeast) / (kMost - kLeast)));
    exact.value = Math.round(weight * 1000) / 1000;
  });
  return place;
}

/// The list for the settings; null where there is nothing to choose. `fields`: functions that bring
/// fields up to the draft.
export function loraField(model, fields) {
  const loras = lorasFor(model);
  if (!loras.length) return null;
  const list = h('ul.loras', {}, loras.map((lora, k) => row(lora, k, fields)));
  const search = loras.length > kSearched && h('input', {
    id: 'lora-search', type: 'search', autocomplete: 'off', placeholder: t('lora.search'), 'aria-label': t('lora.search'),
    oninput: () => {
      const words = search.value.trim().toLowerCase();
      for (const one of $$('.lora', list)) one.hidden = !one.classList.contains('chosen') && !one.dataset.name.toLowerCase().includes(words);
    },
  });
  return h('fieldset.field', {id: 'loras'}, h('legend', {}, t('loras')), search, list, h('p.hint', {}, t('loras.hint')));
}
