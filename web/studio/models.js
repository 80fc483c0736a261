// Which model draws, what it can do, and in words why it cannot.
import {t} from '/studio/i18n.js';
import {state} from '/studio/store.js';

/// The model of the draft; else the server's default. Undefined while the models are not known.
export function currentModel() {
  return findModel(state.draft.model) ?? state.models.find(model => model.default) ?? state.models[0];
}

/// By the id, or the name that a picture's record gives.
export function findModel(name) {
  if (!name) return undefined;
  return state.models.find(model => model.id === name) ??
         state.models.find(model => model.name === name || model.file === name);
}

export const can = (model, task) => Boolean(model?.tasks.includes(task));

/// Whether it is the embedded kind, which draws a small world of its own and knows no styles.
export const isSmallWorld = model => model?.family === 'Lienzo' && Boolean(model.note);

/// Whether a negative prompt does anything: it pulls away in the measure of the guidance.
export const takesNegative = (model, draft) => model.negative_prompt && (draft.guidance ?? model.guidance) > 1;

/// Whether its text encoder is one whose last layers can be left out.
export const takesClipSkip = model => Boolean(model) && model.family !== 'Lienzo';

/// A model for `task` on a picture: the one that made it, the chosen one, or any that can.
export function modelFor(task, madeBy = null) {
  return [findModel(madeBy), currentModel(), ...drawingModels()].find(model => can(model, task));
}

/// Models that enlarge finished pictures and do nothing else.
export const upscalers = () => state.models.filter(model => model.enlarges > 0);

/// Those that draw.
export const drawingModels = () => state.models.filter(model => !(model.enlarges > 0));

/// Why no model here can do `task`; empty if one can.
export function whyNot(task) {
  if (!state.models.length) return t('cannot.no_models');
  if (state.models.some(model => can(model, task))) return '';
  return t(`cannot.${task}`, {model: currentModel().name});
}

/// What to write for a first picture: the embedded model knows only its own small world.
export function examples(model) {
  if (isSmallWorld(model)) return [t('example.own.1'), t('example.own.2'), t('example.own.3')];
  return [t('example.any.1'), t('example.any.2'), t('example.any.3')];
}

/// One sentence about the model.
export function about(model) {
  if (!model) return '';
  return isSmallWorld(model) ? t('model.own') : model.note || model.family;
}
