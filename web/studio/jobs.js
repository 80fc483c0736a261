// Jobs and pictures as the server tells of them: into the store, and back as wishes.
import * as api from '/studio/api.js';
import {modelFor, whyNot} from '/studio/models.js';
import {draftFrom, settings} from '/studio/request.js';
import {dismiss, say, sayError} from '/studio/snackbar.js';
import {changed, set, setDraft, state} from '/studio/store.js';
import {t} from '/studio/i18n.js';

export const isOver = job => ['done', 'failed', 'cancelled'].includes(job.state);
export const byTime = (a, b) => (a.id < b.id ? -1 : 1);

/// All jobs that wait or run, the one that comes first in front.
export function activeJobs() {
  const turn = job => (job.state === 'running' ? -Infinity : -(job.priority ?? 0));
  return [...state.jobs.values()].filter(job => !isOver(job)).sort((a, b) => turn(a) - turn(b) || byTime(a, b));
}

/// How many jobs come before `job`, which waits: one's own, and those of others that come before the first of these.
export function aheadOf(job) {
  const waiting = activeJobs().filter(one => one.state === 'queued');
  return (state.session?.keys ? waiting[0]?.queue_position ?? 0 : 0) + Math.max(0, waiting.indexOf(job));
}

// The server tells of one's own jobs alone: how others move on is asked now and then.
const kAskAgain = 5000;
setInterval(() => {
  const first = state.session?.keys && !document.hidden && activeJobs().find(job => job.state === 'queued');
  if (first) api.getJob(first.id).then(takeJob, () => {});
}, kAskAgain);

// An event may overtake the answer to a request: what is older is known by being less far.
function isOlder(job, known) {
  if (!known) return false;
  if (isOver(known) || isOver(job)) return isOver(known) && !isOver(job);
  if (job.attempts !== known.attempts) return job.attempts < known.attempts;
  return known.state === 'running' && (job.state === 'queued' || (job.progress?.fraction ?? 0) < (known.progress?.fraction ?? 0));
}

/// Takes in a job as the server gave it.
export function takeJob(job) {
  const before = state.jobs.get(job.id);
  if (isOlder(job, before)) return;
  state.jobs.set(job.id, job);
  if (isOver(job)) state.previews.delete(job.id);
  if ((job.pictures?.length ?? 0) > (before?.pictures?.length ?? 0)) takePictures(job.pictures);
  changed('jobs');
}

function takePictures(pictures) {
  const {text, model} = state.search;
  const fits = picture => (text.startsWith('#') ? picture.tags?.includes(text.slice(1)) : picture.prompt.toLowerCase().includes(text.toLowerCase()));
  const known = new Set(state.pictures.map(picture => picture.id));
  const fresh = pictures.filter(picture => !known.has(picture.id) && (!model || picture.model === model) && fits(picture));
  if (!fresh.length) return;
  const all = [...fresh.reverse(), ...state.pictures];
  set({pictures: all.sort((a, b) => b.created - a.created)});
}

export function takePreview({job, index, url}) {
  const known = state.jobs.get(job);
  if (known && isOver(known)) return;
  if (!state.previews.has(job)) state.previews.set(job, []);
  state.previews.get(job)[index] = url;
  changed('previews');
}

/// Takes in that a picture, or with `picture` null a job and all of its pictures, is gone: another page may
/// have removed it.
export function takeRemoved({job: id, picture}) {
  const of = state.jobs.get(id);
  const gone = picture ? [picture] : [...new Set([...(of?.pictures ?? []), ...state.pictures.filter(one => one.job === id)].map(one => one.id))];
  if (!picture) state.jobs.delete(id);
  gone.forEach(dropPicture);
}

function dropPicture(id) {
  state.pictures = state.pictures.filter(picture => picture.id !== id);
  for (const job of state.jobs.values()) {
    if (job.pictures) job.pictures = job.pictures.filter(picture => picture.id !== id);
  }
  state.hidden.delete(id);  // the same seed may make the same picture again
  set({removed: id});
  changed('pictures', 'jobs');
}

/// Sends requests one after the other and puts them on the stage. Throws what the first refusal
/// was, with `sent` and `wanted` on it.
export async function submit(requests, {show = true} = {}) {
  const jobs = [];
  try {
    for (const request of requests) {
      const job = await api.submitJob(request);
      jobs.push(job);
      takeJob(job);
      if (show) set({stage: jobs.map(one => one.id)});
    }
  } catch (error) {
    throw Object.assign(error, {sent: jobs.length, wanted: requests.length});
  }
  return jobs;
}

export async function cancel(id) {
  try {
    takeJob(await api.cancelJob(id));
  } catch (error) {
    sayError(error);
  }
}

export async function cancelAll() {
  for (const job of activeJobs().reverse()) await cancel(job.id);
}

export async function forget(id) {
  try {
    await api.deleteJob(id);
    state.jobs.delete(id);
    changed('jobs');
  } catch (error) {
    sayError(error);
  }
}

async function submitOne(request) {
  try {
    await submit([request]);
    scrollTo({top: 0});
    say(t('said.queued'));
    return true;
  } catch (error) {
    sayError(error);
    return false;
  }
}

/// Another picture like this one; `amount` "small" or "strong".
export function vary(picture, amount) {
  const model = modelFor('vary', picture.model);
  if (!model) return say(whyNot('vary'), {bad: true});
  return submitOne({task: 'vary', model: model.id, picture: picture.id, amount});
}

/// Larger: by one of upscalers(), as many times as it was made for, or twice by a filter.
export function upscale(picture, upscaler = null) {
  const model = upscaler ?? modelFor('upscale', picture.model);
  if (!model) return say(whyNot('upscale'), {bad: true});
  return submitOne({task: 'upscale', model: model.id, picture: picture.id, scale: upscaler ? Math.max(2, upscaler.enlarges) : 2});
}

/// The form as it was for this picture.
export async function useSettings(picture) {
  let request = {};
  try {
    request = (state.jobs.get(picture.job) ?? await api.getJob(picture.job)).request;
  } catch {
    // The job may be gone; the record has nearly all.
  }
  setDraft(draftFrom(picture.record ?? picture, request));
  say(t('said.settings_used'));
}

/// Deletes after a while in which one can think again.
export function deletePicture(picture) {
  dismiss();
  state.hidden.add(picture.id);
  changed('pictures', 'jobs');
  say(t('said.deleted'), {
    action: {
      text: t('undo'),
      run: () => {
        state.hidden.delete(picture.id);
        changed('pictures', 'jobs');
      },
    },
    gone: () => deleteNow(picture.id),
  });
}

async function deleteNow(id) {
  try {
    await api.deletePicture(id, /*keepalive=*/ true);
    dropPicture(id);
  } catch (error) {
    if (error.status === 404) return dropPicture(id);
    state.hidden.delete(id);
    changed('pictures', 'jobs');
    sayError(error);
  }
}
addEventListener('pagehide', dismiss);

/// What an edit sends: the draft's settings without its size and style.
export function editSettings(model, {count, seedLocked, seed}) {
  return settings({...state.draft, count, seedLocked, seed}, model);
}
