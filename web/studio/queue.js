// The queue panel: what is drawn now, what waits, and what lately failed.
import {$, fill, h, iconButton} from '/studio/dom.js';
import {explainJob} from '/studio/errors.js';
import {language, named, t, timeLeft} from '/studio/i18n.js';
import {activeJobs, aheadOf, byTime, cancel, cancelAll, forget} from '/studio/jobs.js';
import {set, state, subscribe} from '/studio/store.js';

export function startQueue() {
  subscribe(['jobs', 'language'], soon);
  render();
}

let waiting = false;
function soon() {
  if (waiting) return;
  waiting = true;
  setTimeout(() => {
    waiting = false;
    render();
  }, 120);
}

// Rows and the button are kept and changed in place: one that was built anew could not be pressed.
let cancelButton = null;
const rows = new Map();  // job id -> {element, show(job)}

/// What the panel shows, brought up to date; the badge alone while it is closed.
export function render() {
  const active = activeJobs();
  const badge = $('#queue-badge');
  badge.hidden = !active.length;
  badge.textContent = String(active.length);
  if (!$('#queue').open) return;
  const failed = [...state.jobs.values()].filter(job => job.state === 'failed').sort(byTime).reverse().slice(0, 10);
  const shape = [language(), ...active.map(job => job.id), '/', ...failed.map(job => job.id)].join();
  if ($('#queue-body').dataset.shape !== shape) build(active, failed, shape);
  for (const job of active) rows.get(job.id).show(job);
}

function build(active, failed, shape) {
  const body = $('#queue-body');
  const focused = document.activeElement?.dataset?.key;
  if (!body.dataset.shape?.startsWith(language())) {
    rows.clear();
    cancelButton = iconButton('close', t('queue.cancel_all'), cancelAll, {data: {key: 'all'}});
  }
  body.dataset.shape = shape;
  for (const id of rows.keys()) if (!active.some(job => job.id === id)) rows.delete(id);
  for (const job of active) if (!rows.has(job.id)) rows.set(job.id, makeRow(job));
  fill(body,
    active.length > 1 && cancelButton,
    active.length ? h('ul.jobs', {}, active.map(job => rows.get(job.id).element)) : h('p.empty', {}, t('queue.empty')),
    failed.length > 0 && h('h3', {}, t('queue.failed')), failed.length > 0 && h('ul.jobs', {}, failed.map(failure)));
  if (focused) (body.querySelector(`[data-key="${CSS.escape(focused)}"]`) ?? body.querySelector('button') ?? $('#queue [data-close]')).focus();
}

const title = job => job.request.prompt || named('task.', job.task);

function wordsOf(job) {
  const {progress} = job;
  if (job.cancel_requested) return t('queue.stopping');
  if (job.state === 'queued') return t('queue.place', {k: aheadOf(job) + 1});
  return [named('stage.', progress.stage || 'load'), progress.steps > 0 && progress.step > 0 && t('status.step', {step: progress.step, steps: progress.steps}),
    timeLeft(progress.seconds_left)].filter(Boolean).join(' · ');
}

function makeRow(job) {
  const {id} = job;
  const what = [job.task !== 'imagine' && named('task.', job.task), (job.request.count ?? 1) > 1 && t('pictures', {n: job.request.count})].filter(Boolean).join(' · ');
  const words = h('p.job-words', {}), line = h('div.bar', {}, h('span'));
  const element = h('li.job', {},
    h('button.job-title', {type: 'button', data: {key: 'show' + id}, onclick: () => set({stage: [id]})}, title(job)),
    what && h('p.hint', {}, what),
    words, line, iconButton('close', t('queue.cancel', {prompt: title(job)}), () => cancel(id), {quiet: true, data: {key: id}}));
  const show = now => {
    const text = wordsOf(now);
    if (words.textContent !== text) words.textContent = text;
    line.hidden = now.state === 'queued';
    line.style.setProperty('--part', String(now.progress?.fraction ?? 0));
  };
  return {element, show};
}

function failure(job) {
  const {title: why, detail} = explainJob(job.error);
  return h('li.job', {},
    h('p.job-title', {}, title(job)), h('p.job-words.bad', {}, why), detail && h('p.hint', {}, detail),
    // With the job its pictures would go, too.
    !job.pictures?.length && iconButton('trash', t('queue.forget', {prompt: title(job)}), () => forget(job.id), {quiet: true, data: {key: job.id}}));
}
