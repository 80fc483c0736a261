// The one store: what all parts of the page know. The draft of the form and the choices of the
// person live in localStorage too; jobs and pictures always come from the server.
const kSaved = 'lienzo.studio';

/// A draft as it is before anybody touches it; null is "the model's own".
export const kEmptyDraft = Object.freeze({
  model: null, prompt: '', negative: '', preset: null, ratio: 'own', width: null, height: null, count: 1, steps: null,
  guidance: null, sampler: null, schedule: null, seed: '', seedLocked: false, hires: false, hiresScale: 2,
  hiresStrength: 0.5, clipSkip: null, format: 'png', everyWildcard: true, loras: [],
});

function load() {
  try {
    return JSON.parse(localStorage.getItem(kSaved)) ?? {};
  } catch {
    return {};
  }
}

const saved = load();

/// Read it anywhere, change it with set() and the functions below.
export const state = {
  draft: {...kEmptyDraft, ...saved.draft},
  language: saved.language ?? null,     // 'es', 'en'; null: the browser's
  theme: saved.theme ?? null,           // 'light', 'dark'; null: the system's
  stage: saved.stage ?? [],             // ids of the jobs shown large
  edit: saved.edit ?? null,             // what is open in the editor, as editor.js keeps it
  grids: saved.grids ?? [],             // X/Y grids: {id, x, y, made}
  settingsOpen: saved.settingsOpen ?? false,
  session: null,                        // GET /session
  models: [], loras: [], presets: [], wildcards: [],
  loaded: false,                        // whether the server was asked for what follows
  jobs: new Map(),                      // id -> job
  previews: new Map(),                  // job id -> [url of each picture's latest preview]
  pictures: [],                         // the gallery as far as it is loaded, newest first
  next: null,                           // cursor of its next page
  search: {text: '', model: ''},
  hidden: new Set(),                    // pictures that are about to be deleted
  removed: null,                        // the picture that went last, whoever removed it
  comparing: null,                      // the first of two pictures
  online: true,                         // whether events arrive
};

const listeners = new Map();

/// Calls `action` after any of `topics` (names of fields of the state) changed.
export function subscribe(topics, action) {
  for (const topic of topics) {
    if (!listeners.has(topic)) listeners.set(topic, new Set());
    listeners.get(topic).add(action);
  }
}

/// Tells everybody that these fields changed.
export function changed(...topics) {
  const actions = new Set(topics.flatMap(topic => [...(listeners.get(topic) ?? [])]));
  save();
  for (const action of actions) action();
}

export function set(patch) {
  Object.assign(state, patch);
  changed(...Object.keys(patch));
}

export function setDraft(patch) {
  set({draft: {...state.draft, ...patch}});
}

let saving = 0;
function save() {
  clearTimeout(saving);
  saving = setTimeout(saveNow, 150);
}

function saveNow() {
  const {draft, language, theme, stage, edit, grids, settingsOpen} = state;
  try {
    localStorage.setItem(kSaved, JSON.stringify({draft, language, theme, stage, edit, grids, settingsOpen}));
  } catch {
    // A full or forbidden store: the page works, it forgets.
  }
}
addEventListener('pagehide', saveNow);
