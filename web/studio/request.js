// From the draft of the form to requests of the API, and from a picture's record back to a draft.
import {chosenLoras} from '/studio/loras.js';
import {can, currentModel, findModel, isSmallWorld, takesClipSkip, takesNegative} from '/studio/models.js';
import {ourName} from '/studio/names.js';
import {kRatios, draftSize, sizeFor} from '/studio/sizes.js';
import {kEmptyDraft, state} from '/studio/store.js';

/// The style around the words; the negative prompt gets the style's too.
export function styled(prompt, negative, presetId) {
  const preset = state.presets.find(one => one.id === presetId);
  if (!preset) return {prompt, negative};
  const text = preset.prompt.includes('{prompt}') ? preset.prompt.replace('{prompt}', () => prompt) : `${prompt}, ${preset.prompt}`;
  return {prompt: text, negative: [negative, preset.negative_prompt].filter(Boolean).join(', ')};
}

/// Settings that any task takes; what the draft leaves to the model is left out.
export function settings(draft, model) {
  const request = {model: model.id};
  if (draft.steps) request.steps = Math.min(draft.steps, model.most_steps);
  if (draft.guidance !== null) request.guidance = draft.guidance;
  if (draft.sampler && model.samplers.includes(draft.sampler)) request.sampler = draft.sampler;
  if (draft.schedule && model.schedules.includes(draft.schedule)) request.schedule = draft.schedule;
  if (draft.seedLocked && /^\d+$/.test(draft.seed)) request.seed = draft.seed;
  if (draft.count > 1) request.count = draft.count;
  if (draft.clipSkip && takesClipSkip(model)) request.clip_skip = draft.clipSkip;
  const loras = chosenLoras(draft, model);
  if (loras.length) request.loras = loras;
  if (draft.format !== 'png') request.output = {format: draft.format};
  return request;
}

/// A request to draw `prompt` (wildcards already gone) as the draft says, with `draft` changed for
/// the cells of a grid.
export function imagineRequest(prompt, draft = state.draft, tags = []) {
  const model = findModel(draft.model) ?? currentModel();
  const words = styled(prompt, draft.negative.trim(), isSmallWorld(model) ? null : draft.preset);
  const request = {task: 'imagine', ...settings(draft, model), prompt: words.prompt};
  if (words.negative && takesNegative(model, draft)) request.negative_prompt = words.negative;
  const size = draftSize(draft, model);
  if (size.width !== model.width || size.height !== model.height) Object.assign(request, size);
  if (draft.hires && can(model, 'edit')) request.hires = {scale: draft.hiresScale, strength: draft.hiresStrength};
  if (tags.length) request.tags = tags;
  return request;
}

/// The draft that would make such a picture again. `record` is a picture's, ours or one read from
/// a file; `request` its job's, where known.
export function draftFrom(record, request = {}) {
  const model = findModel(request.model) ?? findModel(record.model);
  const extra = record.extra ?? {};
  const draft = {
    ...kEmptyDraft,
    prompt: record.prompt ?? '', negative: record.negative_prompt ?? '',
    model: model?.id ?? state.draft.model,
    steps: record.steps || null, guidance: record.guidance ?? null,
    sampler: ourName(record.sampler) || null, schedule: request.schedule ?? extra.schedule ?? ourName(extra['Schedule type']) ?? null,
    seed: record.seed !== undefined ? String(record.seed) : '', seedLocked: record.seed !== undefined,
    clipSkip: request.clip_skip ?? extra.clip_skip ?? null,
    loras: lorasFrom(record, request),
    format: state.draft.format, everyWildcard: state.draft.everyWildcard,
    ...ratioFrom(model ?? currentModel(), record),
  };
  if (request.hires) Object.assign(draft, {hires: true, hiresScale: request.hires.scale ?? 2, hiresStrength: request.hires.strength ?? 0.5, ...ratioFrom(model ?? currentModel(), request)});
  return draft;
}

// Those that the prompt names by itself are there already.
function lorasFrom(record, request) {
  const listed = request.loras ?? (Array.isArray(record.extra?.loras) ? record.extra.loras : []);
  const named = name => [':', '>'].some(end => ['lora', 'lyco'].some(kind => record.prompt?.includes(`<${kind}:${name}${end}`)));
  return listed.filter(({name}) => !named(name)).map(({name, weight = 1, text_weight: words = weight}) => ({name, weight, ...(words === weight ? {} : {text_weight: words})}));
}

function ratioFrom(model, {width, height}) {
  if (!width || !height || !model || (width === model.width && height === model.height)) return {ratio: 'own', width: null, height: null};
  const ratio = kRatios.find(one => {
    const size = sizeFor(model, one);
    return size.width === width && size.height === height;
  });
  return ratio ? {ratio, width: null, height: null} : {ratio: 'custom', width, height};
}
