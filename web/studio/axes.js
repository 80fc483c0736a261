// The two directions of an X/Y grid: what can vary, and what people write for it.
import {language, number, t} from '/studio/i18n.js';
import {lorasFor} from '/studio/loras.js';
import {isSmallWorld, takesClipSkip} from '/studio/models.js';
import {properName} from '/studio/names.js';
import {kRatios} from '/studio/sizes.js';
import {state} from '/studio/store.js';

/// Parameters that take a list of numbers, words, or choices.
export const kAxes = {
  none: {kind: 'none'},
  seed: {kind: 'numbers', example: '1-4'},
  steps: {kind: 'numbers', example: '4, 8, 16'},
  guidance: {kind: 'numbers', example: '1-9 [4]'},
  prompt: {kind: 'words', example: ''},
  preset: {kind: 'choices'},
  ratio: {kind: 'choices'},
  sampler: {kind: 'choices'},
  schedule: {kind: 'choices'},
  clipSkip: {kind: 'numbers', example: '1-3'},
  lora: {kind: 'choices'},
  loraWeight: {kind: 'numbers', example: '0-1 [5]'},
  model: {kind: 'choices'},
};

const kFractions = ['guidance', 'loraWeight'];

/// Which of them mean anything to a model.
export function axesOf(model) {
  return Object.keys(kAxes).filter(axis => {
    if (axis === 'clipSkip') return takesClipSkip(model);
    if (axis === 'loraWeight') return lorasFor(model).length > 0;
    if (axis === 'preset' && isSmallWorld(model)) return false;
    return kAxes[axis].kind !== 'choices' || choicesOf(axis, model).length > 1;
  });
}

/// What an axis of choices offers: [{value, text}].
export function choicesOf(axis, model) {
  if (axis === 'preset') return [{value: '', text: t('preset.none')}, ...state.presets.map(one => ({value: one.id, text: one.name[language()] ?? one.name.en}))];
  if (axis === 'model') return state.models.filter(one => one.tasks.includes('imagine')).map(one => ({value: one.id, text: one.name}));
  if (axis === 'lora') return lorasFor(model).length ? [{value: '', text: t('preset.none')}, ...lorasFor(model).map(({name}) => ({value: name, text: name}))] : [];
  if (axis === 'ratio') return model?.square_only ? [] : kRatios.map(value => ({value, text: value}));
  const names = (axis === 'sampler' ? model?.samplers : model?.schedules) ?? [];
  return names.map(value => ({value, text: properName(value)}));
}

/// "1, 2, 5" or "1-4" or "1-9 (+2)" or "1-9 [4]" (four numbers from 1 to 9) -> numbers.
export function parseNumbers(text, whole) {
  const numbers = [];
  for (const part of text.split(/[,;]/).map(one => one.trim()).filter(Boolean)) {
    const range = part.match(/^(\d+(?:\.\d+)?)\s*[-–]\s*(\d+(?:\.\d+)?)\s*(?:\(\+?(\d+(?:\.\d+)?)\)|\[(\d+)\])?$/);
    if (range) {
      const [from, to] = [Number(range[1]), Number(range[2])];
      if (range[4]) {
        const n = Math.min(100, Number(range[4]));
        for (let k = 0; k < n; ++k) numbers.push(n === 1 ? from : from + (to - from) * k / (n - 1));
      } else {
        const step = Number(range[3] ?? 1) || 1;
        for (let value = from; value <= to + 1e-9 && numbers.length < 200; value += step) numbers.push(value);
      }
    } else if (/^\d+(\.\d+)?$/.test(part)) {
      numbers.push(Number(part));
    } else {
      return null;
    }
  }
  return numbers.map(value => (whole ? Math.round(value) : Math.round(value * 100) / 100));
}

/// The values of an axis {axis, text, chosen}: [{value, text}], or null if they cannot be read.
export function valuesOf({axis, text, chosen}, model) {
  const {kind} = kAxes[axis];
  if (kind === 'none') return [{value: null, text: ''}];
  if (kind === 'choices') return choicesOf(axis, model).filter(one => chosen.includes(one.value));
  if (kind === 'words') return text.split(',').map(one => one.trim()).filter(Boolean).map(value => ({value, text: value}));
  const numbers = parseNumbers(text, !kFractions.includes(axis));
  return numbers && numbers.map(value => ({value, text: `${t('axis.' + axis)} ${number(value)}`}));
}

/// `draft` with one value of an axis in it. For words, the first of the axis is what is replaced.
export function withValue(draft, axis, value, first) {
  if (axis === 'none') return draft;
  if (axis === 'seed') return {...draft, seed: String(value), seedLocked: true};
  if (axis === 'prompt') return {...draft, prompt: draft.prompt.split(first).join(value)};
  if (axis === 'preset') return {...draft, preset: value || null};
  // One of them alone, as strong as the form or the other axis says; a weight is that of all that are chosen.
  if (axis === 'lora') return {...draft, loras: value ? [{name: value, weight: draft.loraWeight ?? draft.loras.find(one => one.name === value)?.weight ?? 1}] : []};
  if (axis === 'loraWeight') return {...draft, loraWeight: value, loras: draft.loras.map(({name}) => ({name, weight: value}))};
  return {...draft, [axis]: value};
}
