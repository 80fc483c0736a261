// Where the page begins: what the server has is fetched, each part is started, events are followed.
import * as api from '/studio/api.js';
import {startAppearance} from '/studio/appearance.js';
import {$, h} from '/studio/dom.js';
import {startDrop} from '/studio/drop.js';
import {resumeEditor, startEditor} from '/studio/editor.js';
import {followEvents} from '/studio/events.js';
import {loadGallery, startGallery} from '/studio/gallery.js';
import {startGrid} from '/studio/grid.js';
import {t} from '/studio/i18n.js';
import {placeIcons} from '/studio/icons.js';
import {activeJobs, isOver, takeJob, takePreview, takeRemoved} from '/studio/jobs.js';
import {startKeys} from '/studio/keys.js';
import {startPromptBar} from '/studio/prompt_bar.js';
import {startQueue} from '/studio/queue.js';
import {askForKey, loadSession, startSession} from '/studio/session.js';
import {startSettings} from '/studio/settings.js';
import {sayError} from '/studio/snackbar.js';
import {startStage} from '/studio/stage.js';
import {set, state, subscribe} from '/studio/store.js';
import {startViewer} from '/studio/viewer.js';

async function load() {
  try {
    await loadSession();
  } catch (error) {
    if (error.status === 401) return askForKey(signedIn);
  }
  const take = (name, get) => get().then(value => set({[name]: value}), sayError);
  await Promise.all([
    take('models', api.getModels), take('loras', api.getLoras), take('presets', api.getPresets), take('wildcards', api.getWildcards),
    loadJobs(), loadGallery(),
  ]);
  chooseStage();
  set({loaded: true});
  resumeEditor();
}

async function loadJobs() {
  try {
    const lists = await Promise.all([api.getJobs({limit: 50}), api.getJobs({state: 'running'}), api.getJobs({state: 'queued', limit: 200})]);
    lists.flat().forEach(takeJob);
    await Promise.all(state.stage.filter(id => !state.jobs.has(id)).map(id => api.getJob(id).then(takeJob, () => {})));
  } catch (error) {
    sayError(error);
  }
}

// What was on the stage when the page was left; else what is drawn now; else the latest.
function chooseStage() {
  const there = state.stage.filter(id => state.jobs.has(id));
  if (there.length) return set({stage: there});
  const active = activeJobs()[0];
  const latest = [...state.jobs.values()].filter(job => job.pictures?.length).sort((a, b) => b.created - a.created)[0];
  set({stage: [active ?? latest].filter(Boolean).map(job => job.id)});
}

function startOffline() {
  let timer = 0;
  subscribe(['online', 'language'], () => {
    clearTimeout(timer);
    const note = $('#offline');
    if (state.online) return void (note.hidden = true);
    // A reconnection takes a moment and is no news.
    timer = setTimeout(() => {
      note.hidden = false;
      note.replaceChildren(h('span', {}, t('offline')));
    }, 2500);
  });
}

placeIcons();
startAppearance();
startKeys();
startPromptBar();
startSettings();
startStage();
startGallery();
startQueue();
startViewer();
startEditor();
startGrid();
startDrop();
startOffline();

let wasOnline = true;
const reconnect = followEvents({
  job: takeJob,
  preview: takePreview,
  removed: takeRemoved,
  waits: () => state.stage.some(id => state.jobs.has(id) && !isOver(state.jobs.get(id))),
  missed: () => {
    state.jobs.clear();
    state.previews.clear();
    loadJobs();
    loadGallery();
  },
  online: online => {
    if (online !== state.online) set({online});
    // What happened meanwhile comes with the events; this is for servers that were started anew,
    // or were not there when the page was opened.
    if (online && !wasOnline) state.models.length ? loadJobs() : load();
    wasOnline = online;
  },
});
function signedIn() {
  reconnect();
  load();
}
startSession(signedIn);
load().finally(() => document.documentElement.dataset.ready = 'yes');
