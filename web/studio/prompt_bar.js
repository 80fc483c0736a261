// The box for the words, and the button.
import {$, debounce, fill, h} from '/studio/dom.js';
import {explain} from '/studio/errors.js';
import {announce} from '/studio/snackbar.js';
import {submit} from '/studio/jobs.js';
import {chosenLoras, shownLoras} from '/studio/loras.js';
import {currentModel, isSmallWorld} from '/studio/models.js';
import {imagineRequest} from '/studio/request.js';
import {draftSize} from '/studio/sizes.js';
import {setDraft, state, subscribe} from '/studio/store.js';
import {language, number, t} from '/studio/i18n.js';
import {choose, expand, hasWildcards, kMostPrompts} from '/studio/wildcards.js';

let expansion = null;  // of the prompt as it is, where it has wildcards
let asking = null;
let busy = false;

export function startPromptBar() {
  const box = $('#prompt');
  box.value = state.draft.prompt;
  box.addEventListener('input', () => {
    setDraft({prompt: box.value});
    problem(null);
  });
  box.addEventListener('keydown', event => {
    // A line is a prompt: Enter draws, Shift+Enter breaks the line. On a phone Enter breaks it.
    const drawsHere = !event.shiftKey && !event.isComposing && !matchMedia('(pointer: coarse)').matches;
    if (event.key === 'Enter' && drawsHere) {
      event.preventDefault();
      generate();
    }
  });
  $('#prompt-bar').addEventListener('submit', event => {
    event.preventDefault();
    generate();
  });
  subscribe(['draft'], () => {
    if (box.value !== state.draft.prompt) box.value = state.draft.prompt;
    fit(box);
    count();
  });
  subscribe(['draft', 'models', 'loras', 'presets', 'language', 'loaded'], showSummary);
  subscribe(['language'], showNote);
  addEventListener('resize', debounce(() => fit(box), 100));
  new ResizeObserver(() => {
    document.documentElement.style.setProperty('--bar', `${$('#prompt-bar').offsetHeight}px`);
  }).observe($('#prompt-bar'));
  fit(box);
  count();
  showSummary();
}

// As high as its text, up to a third of the screen.
function fit(box) {
  box.style.height = 'auto';
  box.style.height = `${Math.min(box.scrollHeight, innerHeight / 3)}px`;
}

function showSummary() {
  const model = currentModel();
  const {draft} = state;
  const preset = state.presets.find(one => one.id === draft.preset);
  const size = draftSize(draft, model);
  const parts = !model ? [state.loaded ? t('model.none') : '…'] : [
    model.name, `${number(size.width, {useGrouping: false})} × ${number(size.height, {useGrouping: false})}`,
    preset && !isSmallWorld(model) && preset.name[language()], shownLoras(chosenLoras(draft, model)), draft.seedLocked && draft.seed && t('summary.seed', {seed: draft.seed}),
  ].filter(Boolean);
  fill($('#summary'), h('span.sr-only', {}, t('settings.title') + ': '), parts.join(' · '));
  showButton();
}

const total = () => (expansion && state.draft.everyWildcard ? Math.min(expansion.count, kMostPrompts) : 1) * state.draft.count;

function showButton() {
  const pictures = total();
  $('#generate-text').textContent = pictures > 1 ? t('generate.many', {n: pictures}) : t('generate');
  $('#generate').setAttribute('aria-busy', String(busy));
}

const count = debounce(async () => {
  asking?.abort();
  const {prompt} = state.draft;
  if (!hasWildcards(prompt)) {
    expansion = null;
    return showNote();
  }
  asking = new AbortController();
  try {
    expansion = {prompt, ...await expand(prompt, asking.signal)};
  } catch (error) {
    if (error.name === 'AbortError') return;
    expansion = {prompt, error};
  }
  showNote();
}, 250);

function showNote() {
  const note = $('#prompt-note');
  showButton();
  note.hidden = !expansion;
  if (!expansion) return note.textContent = '';
  if (expansion.error) {
    const {title, detail} = explain(expansion.error);
    return fill(note, h('span', {}, t('error.with_detail', {title, detail})));
  }
  const {count: prompts} = expansion;
  const every = state.draft.everyWildcard;
  const made = t(every ? 'wildcards.every' : 'wildcards.one', {n: prompts, pictures: total()});
  fill(note,
    h('span', {}, prompts > kMostPrompts && every ? t('wildcards.too_many', {n: prompts, most: kMostPrompts}) : made),
    h('button.link', {
      type: 'button',
      onclick: () => {
        setDraft({everyWildcard: !every});
        showNote();
      },
    }, t(every ? 'wildcards.choose_one' : 'wildcards.choose_every')));
}

/// Draws what the form says.
export async function generate() {
  if (busy) return;
  const prompt = state.draft.prompt.trim();
  problem(null);
  if (!prompt) {
    problem({title: t('prompt.empty'), detail: ''});
    return $('#prompt').focus();
  }
  if (!currentModel()) return problem({title: t('cannot.no_models'), detail: ''});
  busy = true;
  showButton();
  try {
    const {prompts} = await expand(prompt);
    const jobs = await submit(choose(prompts, state.draft.everyWildcard).map(one => imagineRequest(one)));
    announce(t('said.began', {n: jobs.length}));
    scrollTo({top: 0, behavior: matchMedia('(prefers-reduced-motion: reduce)').matches ? 'auto' : 'smooth'});
  } catch (error) {
    const words = explain(error);
    if (error.sent) words.title = t('error.some_sent', {sent: error.sent, wanted: error.wanted, error: words.title});
    problem(words);
  } finally {
    busy = false;
    showButton();
  }
}

function problem(words) {
  const place = $('#prompt-error');
  place.hidden = !words;
  if (!words) return place.textContent = '';
  fill(place, h('strong', {}, words.title), words.detail && h('span', {}, words.detail));
}
