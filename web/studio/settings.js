// The side sheet with everything about a picture but its words.
import {$, fill, h, iconButton} from '/studio/dom.js';
import {language, number, t} from '/studio/i18n.js';
import {icon} from '/studio/icons.js';
import {loraField, lorasFor} from '/studio/loras.js';
import {about, can, currentModel, drawingModels, isSmallWorld, takesClipSkip, takesNegative} from '/studio/models.js';
import {properName} from '/studio/names.js';
import {kRatios, draftSize, snap} from '/studio/sizes.js';
import {kEmptyDraft, setDraft, state, subscribe} from '/studio/store.js';
import {insert} from '/studio/wildcards.js';

const kMostCount = 16;

export function startSettings() {
  $('#reset-settings').addEventListener('click', () => {
    const {prompt, model} = state.draft;
    setDraft({...kEmptyDraft, prompt, model});
    build();
  });
  subscribe(['models', 'loras', 'presets', 'wildcards', 'language'], build);
  subscribe(['draft'], refresh);
  build();
}

let shown = '';  // what decides which fields there are
let fields = [];  // functions that bring a field up to the draft

const kind = model => JSON.stringify([model?.id, lorasFor(model).filter(lora => lora.missing).map(lora => lora.name)]);

function build() {
  fields = [];
  const model = currentModel();
  shown = kind(model);
  const body = $('#settings-body');
  if (!model) return fill(body, h('p.note', {}, t('cannot.no_models')));
  const focused = document.activeElement?.id;
  fill(body,
    modelField(model), loraField(model, fields), presetField(model), sizeField(model), countField(), negativeField(model), seedField(),
    h('details.more', {open: true}, h('summary', {}, t('settings.drawing')),
      sliderField('steps', {low: 1, high: Math.min(model.most_steps, 150), most: model.most_steps, step: 1, own: model.steps}),
      sliderField('guidance', {low: 0, high: 20, most: 100, step: 0.5, own: model.guidance}),
      selectField('sampler', model.samplers), selectField('schedule', model.schedules), clipSkipField(model)),
    h('details.more', {}, h('summary', {}, t('settings.finish')), hiresField(model), formatField()),
    wildcardField());
  if (focused && body.querySelector('#' + CSS.escape(focused))) $('#' + CSS.escape(focused)).focus();
  for (const update of fields) update();
}

function refresh() {
  if (kind(currentModel()) !== shown) return build();
  for (const update of fields) update();
}

const field = (id, label, control, hint) => h('div.field', {}, h('label', {for: id}, label), control, hint && h('p.hint', {id: id + '-hint'}, hint));

function modelField(model) {
  const select = h('select', {id: 'model', 'aria-describedby': 'model-hint', onchange: () => setDraft({model: select.value})},
    drawingModels().map(one => h('option', {value: one.id}, one.name)));
  fields.push(() => select.value = currentModel().id);
  return field('model', t('model'), select, about(model));
}

function presetField(model) {
  if (!state.presets.length || isSmallWorld(model)) return null;
  const chip = (id, text) => {
    const input = h('input', {type: 'radio', name: 'preset', value: id ?? '', onchange: () => setDraft({preset: id})});
    fields.push(() => input.checked = state.draft.preset === id);
    return h('label.chip', {}, input, h('span', {}, text));
  };
  return h('fieldset.field', {}, h('legend', {}, t('preset')),
    h('div.chips', {}, chip(null, t('preset.none')), state.presets.map(one => chip(one.id, one.name[language()] ?? one.name.en))));
}

function sizeField(model) {
  const fixed = model.smallest === model.largest;
  const why = model.square_only ? t('size.square_only', {model: model.name}) : '';
  if (fixed) return h('div.field', {}, h('h3.label', {}, t('size')), h('p', {}, `${model.width} × ${model.height}`), why && h('p.hint', {}, why));
  const shape = ratio => {
    const [across, down] = ratio.split(':').map(Number);
    const most = Math.max(across, down);
    return h('span.shape', {style: {width: `${18 * across / most}px`, height: `${18 * down / most}px`}});
  };
  const chip = (ratio, text) => {
    const input = h('input', {type: 'radio', name: 'ratio', value: ratio, onchange: () => setDraft({ratio})});
    fields.push(() => input.checked = (model.square_only && state.draft.ratio !== 'custom' ? 'own' : state.draft.ratio ?? 'own') === ratio);
    return h('label.chip.ratio', {}, input, h('span', {}, /:/.test(ratio) ? shape(ratio) : icon(ratio === 'own' ? 'spark' : 'sliders'), text));
  };
  const side = name => {
    const input = h('input', {
      id: name, type: 'number', inputmode: 'numeric', min: model.smallest, max: model.largest, step: model.multiple,
      onchange: () => {
        const size = draftSize(state.draft, model);
        const value = snap(model, Number(input.value) || size[name]);
        setDraft({ratio: 'custom', ...size, [name]: value, ...(model.square_only ? {width: value, height: value} : {})});
        input.value = value;
      },
    });
    fields.push(() => input.value = draftSize(state.draft, model)[name]);
    return h('div', {}, h('label', {for: name}, t(model.square_only ? 'side' : name)), input);
  };
  return h('fieldset.field', {}, h('legend', {}, t('size')),
    h('div.chips', {}, chip('own', t('size.own')), model.square_only ? null : kRatios.map(ratio => chip(ratio, ratio)), chip('custom', t('size.custom'))),
    h('div.pair', {}, side('width'), model.square_only ? null : side('height')), why && h('p.hint', {}, why));
}

function countField() {
  const input = h('input', {
    id: 'count', type: 'number', inputmode: 'numeric', min: 1, max: 64,
    onchange: () => setDraft({count: Math.min(64, Math.max(1, Math.round(Number(input.value)) || 1))}),
  });
  fields.push(() => input.value = state.draft.count);
  const step = (by, name) => iconButton(by < 0 ? 'minus' : 'plus', t(name), () => setDraft({count: Math.min(kMostCount, Math.max(1, state.draft.count + by))}), {quiet: true});
  return h('div.field', {}, h('label', {for: 'count'}, t('count')), h('div.stepper', {}, step(-1, 'count.fewer'), input, step(1, 'count.more')));
}

function negativeField(model) {
  const off = !model.negative_prompt;
  const area = h('textarea', {id: 'negative', rows: 2, disabled: off, 'aria-describedby': 'negative-hint', oninput: () => setDraft({negative: area.value})});
  const place = field('negative', t('negative'), area, ' ');
  fields.push(() => {
    if (area.value !== state.draft.negative) area.value = state.draft.negative;
    $('.hint', place).textContent = off ? t('negative.cannot', {model: model.name}) : t(takesNegative(model, state.draft) ? 'negative.hint' : 'negative.needs_guidance');
  });
  return place;
}

function seedField() {
  const input = h('input', {
    id: 'seed', inputmode: 'numeric', pattern: '[0-9]*', autocomplete: 'off', 'aria-describedby': 'seed-hint',
    onchange: () => {
      const seed = input.value.replace(/\D/g, '').slice(0, 20);
      setDraft({seed, seedLocked: seed !== ''});
    },
  });
  const lock = h('button.button.icon-only.quiet', {
    type: 'button',
    onclick: () => {
      const {seed, seedLocked} = state.draft;
      setDraft(seedLocked ? {seedLocked: false} : {seedLocked: true, seed: seed || lastSeed() || String(Math.floor(Math.random() * 2 ** 32))});
    },
  });
  const hint = h('p.hint', {id: 'seed-hint'});
  fields.push(() => {
    const {seed, seedLocked} = state.draft;
    input.value = seedLocked ? seed : '';
    input.placeholder = t('seed.random');
    fill(lock, icon(seedLocked ? 'lock' : 'unlock'));
    lock.setAttribute('aria-pressed', String(seedLocked));
    lock.setAttribute('aria-label', t('seed.lock'));
    lock.title = t(seedLocked ? 'seed.unlock' : 'seed.lock');
    hint.textContent = t(seedLocked ? 'seed.hint_locked' : 'seed.hint');
  });
  return h('div.field', {}, h('label', {for: 'seed'}, t('seed')), h('div.stepper', {}, input, lock,
    iconButton('dice', t('seed.roll'), () => setDraft({seedLocked: true, seed: String(Math.floor(Math.random() * 2 ** 32))}), {quiet: true})), hint);
}

// Of what is on the stage: "keep what I see".
function lastSeed() {
  const job = state.jobs.get(state.stage[0]);
  return job?.request.seed === undefined ? '' : String(job.request.seed);
}

// The field beside the slider takes up to `most`.
function sliderField(name, {low, high, most = high, step, own}) {
  const range = h('input', {id: name + '-slider', type: 'range', min: low, max: high, step, 'aria-label': t(name), oninput: () => setDraft({[name]: Number(range.value)})});
  const box = h('input', {
    id: name, type: 'number', min: low, max: most, step, inputmode: 'decimal',
    onchange: () => setDraft({[name]: box.value === '' ? null : Math.min(most, Math.max(low, Number(box.value)))}),
  });
  fields.push(() => {
    const value = state.draft[name];
    range.value = value ?? own;
    range.style.setProperty('--part', String((Math.min(high, value ?? own) - low) / (high - low)));
    box.value = value ?? '';
    box.placeholder = number(own);
  });
  return h('div.field', {}, h('label', {for: name}, t(name)), h('div.slider', {}, range, box), h('p.hint', {}, t(name + '.hint', {own})));
}

function selectField(name, choices) {
  if (!choices.length) return null;
  const select = h('select', {id: name, onchange: () => setDraft({[name]: select.value || null})},
    h('option', {value: ''}, t('own')), choices.map(one => h('option', {value: one}, properName(one))));
  fields.push(() => select.value = choices.includes(state.draft[name]) ? state.draft[name] : '');
  return field(name, t(name), select);
}

function clipSkipField(model) {
  if (!takesClipSkip(model)) return null;
  const input = h('input', {
    id: 'clip-skip', type: 'number', inputmode: 'numeric', min: 1, max: 12, placeholder: '1', 'aria-describedby': 'clip-skip-hint',
    onchange: () => setDraft({clipSkip: input.value === '' ? null : Math.min(12, Math.max(1, Math.round(Number(input.value))))}),
  });
  fields.push(() => input.value = state.draft.clipSkip ?? '');
  return field('clip-skip', t('clip_skip'), input, t('clip_skip.hint'));
}

function hiresField(model) {
  const able = can(model, 'edit');
  const box = h('input', {id: 'hires', type: 'checkbox', disabled: !able, onchange: () => setDraft({hires: box.checked})});
  fields.push(() => box.checked = able && state.draft.hires);
  return h('div.field', {}, h('label.check', {for: 'hires'}, box, h('span', {}, t('hires'))), h('p.hint', {}, able ? t('hires.hint') : t('hires.cannot', {model: model.name})));
}

function formatField() {
  const select = h('select', {id: 'format', onchange: () => setDraft({format: select.value})},
    [['png', 'PNG'], ['webp', 'WebP'], ['jpg', 'JPEG']].map(([value, text]) => h('option', {value}, text)));
  fields.push(() => select.value = state.draft.format);
  return field('format', t('format'), select, t('format.hint'));
}

function wildcardField() {
  const names = state.wildcards.map(one => (typeof one === 'string' ? {name: one} : one));
  return h('details.more', {}, h('summary', {}, t('wildcards')), h('p.hint', {}, t('wildcards.hint')),
    h('div.chips', {}, names.map(({name, lines}) => h('button.chip.plain', {type: 'button', onclick: () => insert($('#prompt'), `__${name}__`)},
      `__${name}__`, lines ? h('small', {}, number(lines)) : null))));
}
