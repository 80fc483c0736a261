// The queue panel: what is drawn now, what waits, and what lately failed.
import {$, fill, h, iconButton} from '/studio/dom.js';
import {explainJob} from '/studio/errors.js';
import {named, t, timeLeft} from '/studio/i18n.js';
import {icon} from '/studio/icons.js';
import {activeJobs, byTime, cancel, cancelAll, forget} from '/studio/jobs.js';
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

/// What the panel shows, brought up to date; the badge alone while it is closed.
export function render() {
  const active = activeJobs();
  const badge = $('#queue-badge');
  badge.hidden = !active.length;
  badge.textContent = String(active.length);
  if (!$('#queue').open) return;
  const failed = [...state.jobs.values()].filter(job => job.state === 'failed').sort(byTime).reverse().slice(0, 10);
  const body = $('#queue-body');
  const focused = document.activeElement?.dataset?.key;
  fill(body,
    active.length ? h('ul.jobs', {}, active.map(row)) : h('p.empty', {}, t('queue.empty')),
    active.length > 1 && h('button.button', {type: 'button', data: {key: 'all'}, onclick: cancelAll}, icon('close'), h('span', {}, t('queue.cancel_all'))),
    failed.length > 0 && h('h3', {}, t('queue.failed')), failed.length > 0 && h('ul.jobs', {}, failed.map(failure)));
  if (focused) body.querySelector(`[data-key="${CSS.escape(focused)}"]`)?.focus();
}

const title = job => job.request.prompt || named('task.', job.task);

function row(job) {
  const {progress} = job;
  const words = job.state === 'queued' ? t('queue.place', {k: (job.queue_position ?? 0) + 1}) :
    [named('stage.', progress.stage || 'load'), progress.steps > 0 && progress.step > 0 && t('status.step', {step: progress.step, steps: progress.steps}), timeLeft(progress.seconds_left)].filter(Boolean).join(' · ');
  return h('li.job', {},
    h('button.job-title', {type: 'button', data: {key: 'show' + job.id}, onclick: () => set({stage: [job.id]})}, title(job)),
    h('p.hint', {}, [named('task.', job.task), (job.request.count ?? 1) > 1 && t('pictures', {n: job.request.count})].filter(Boolean).join(' · ')),
    h('p.job-words', {}, job.cancel_requested ? t('queue.stopping') : words),
    h('div.bar', {style: {'--part': String(progress?.fraction ?? 0)}}, h('span')),
    iconButton('close', t('queue.cancel', {prompt: title(job)}), () => cancel(job.id), {quiet: true, data: {key: job.id}}));
}

function failure(job) {
  const {title: why, detail} = explainJob(job.error);
  return h('li.job', {},
    h('p.job-title', {}, title(job)), h('p.job-words.bad', {}, why), detail && h('p.hint', {}, detail),
    iconButton('trash', t('queue.forget', {prompt: title(job)}), () => forget(job.id), {quiet: true, data: {key: job.id}}));
}
