// The pictures of the moment, large: forming, finished, or what went wrong with them.
import * as api from '/studio/api.js';
import {$, fill, h, iconButton, isNarrow} from '/studio/dom.js';
import {explainJob} from '/studio/errors.js';
import {named, number, t, timeLeft} from '/studio/i18n.js';
import {icon, ring} from '/studio/icons.js';
import {aheadOf, cancel, isOver, submit, vary} from '/studio/jobs.js';
import {currentModel, examples, isSmallWorld, whyNot} from '/studio/models.js';
import {announce, sayError} from '/studio/snackbar.js';
import {setDraft, state, subscribe} from '/studio/store.js';
import {openEditor} from '/studio/editor.js';
import {generate} from '/studio/prompt_bar.js';
import {openViewer} from '/studio/viewer.js';

const kGap = 14;
const tiles = new Map();  // "job:index" -> {element, show(job)}
let said = '';
let unseen = '';  // what ended while nobody saw the page, for its title

export function startStage() {
  subscribe(['jobs', 'previews', 'stage', 'pictures', 'language', 'loaded'], soon);
  subscribe(['models', 'language'], showWelcome);
  new ResizeObserver(place).observe($('#tiles'));
  document.addEventListener('visibilitychange', () => {
    if (!document.hidden) unseen = '';
    soon();
  });
  render();
}

const kLongestFrame = 200;  // milliseconds; a hidden page has no frames, and still a title
let waiting = false;
function soon() {
  if (waiting) return;
  waiting = true;
  const now = () => {
    if (!waiting) return;
    waiting = false;
    render();
  };
  requestAnimationFrame(now);
  setTimeout(now, kLongestFrame);
}

const staged = () => state.stage.map(id => state.jobs.get(id)).filter(Boolean);

function render() {
  const jobs = staged();
  const wanted = new Map();
  const settled = jobs.every(isOver) && jobs.some(job => job.pictures?.length);
  for (const job of jobs) {
    for (let k = 0; k < countOf(job); ++k) {
      if (isHidden(job, k) || (settled && job.state === 'cancelled' && !pictureOf(job, k))) continue;
      wanted.set(`${job.id}:${k}`, [job, k]);
    }
  }
  for (const [key, tile] of tiles) {
    if (wanted.has(key)) continue;
    tile.element.remove();
    tiles.delete(key);
  }
  const place_ = $('#tiles');
  let before = null;
  for (const [key, [job, k]] of wanted) {
    if (!tiles.has(key)) tiles.set(key, makeTile(k));
    const tile = tiles.get(key);
    const next = before ? before.nextSibling : place_.firstChild;
    if (next !== tile.element) place_.insertBefore(tile.element, next);
    before = tile.element;
    tile.show(job);
  }
  $('#welcome').hidden = wanted.size > 0 || !state.loaded;
  showWelcome();
  place();
  showStatus(jobs);
}

const pictureOf = (job, k) => (job.pictures ?? []).find(picture => picture.index === k) ?? null;
const countOf = job => Math.max(job.request?.count ?? 1, job.pictures?.length ?? 0);

// Deleted, or never made because the job ended.
function isHidden(job, k) {
  const picture = pictureOf(job, k);
  if (picture) return state.hidden.has(picture.id);
  if (job.state === 'done') return true;
  return isOver(job) && k > 0 && k >= (job.pictures?.length ?? 0) && job.pictures?.length > 0;
}

// As large as they all fit; where that would be too small, the stage grows.
function place() {
  const box = $('#tiles'), stage = getComputedStyle($('#stage'));
  if (!tiles.size) return;
  const shapes = [...tiles.values()].map(tile => tile.aspect());
  const aspect = Math.max(...shapes);
  const width = box.clientWidth;
  const height = parseFloat(stage.minHeight) - parseFloat(stage.paddingTop) - parseFloat(stage.paddingBottom) - $('#stage-foot').offsetHeight;
  let best = 0, perRow = 1;
  for (let columns = 1; columns <= tiles.size; ++columns) {
    const rows = Math.ceil(tiles.size / columns);
    const across = (width - kGap * (columns - 1)) / columns;
    const down = (height - kGap * (rows - 1)) / rows * aspect;
    if (Math.min(across, down) <= best) continue;
    best = Math.min(across, down);
    perRow = columns;
  }
  const least = isNarrow() ? (width - kGap) / 2 : 160;
  const tile = Math.floor(Math.max(best, least));
  box.style.setProperty('--tile', `${tile}px`);
  // So much air beside them that no row holds more than meant.
  const air = best < least ? 0 : Math.max(0, Math.floor((width - perRow * tile - (perRow - 1) * kGap) / 2) - 1);
  box.style.paddingInline = `${air}px`;
}

function makeTile(k) {
  const preview = h('img.preview', {alt: '', hidden: true});
  preview.addEventListener('error', () => preview.hidden = true);
  const picture = h('img.final', {alt: '', hidden: true});
  const progress = ring();
  const words = h('p.tile-words', {});
  const open = h('button.tile-open', {type: 'button'}, preview, picture);
  const actions = h('div.tile-actions', {hidden: true});
  const element = h('figure.tile', {data: {index: k}}, open, h('div.tile-wait', {}, progress, words), actions);
  let job = null, shown = null, asked = false;
  open.addEventListener('click', () => {
    const made = pictureOf(job, k);
    if (made) openViewer(made, staged().flatMap(one => one.pictures ?? []));
  });

  function show(now) {
    job = now;
    const made = pictureOf(job, k);
    element.style.setProperty('--aspect', `${made?.width ?? job.request.width ?? 1} / ${made?.height ?? job.request.height ?? 1}`);
    const kind = made ? 'done' : job.state;
    element.dataset.state = kind;
    open.disabled = !made;
    if (made) return showPicture(made);
    open.setAttribute('aria-label', named('state.', kind));
    const mine = job.state === 'running' && job.progress?.picture === k;
    const part = mine ? (job.progress.step || 0) / (job.progress.steps || 1) : 0;
    progress.style.setProperty('--part', String(part));
    element.classList.toggle('moving', mine);
    if (job.state === 'failed') showFailure();
    else if (job.state === 'cancelled') fill(words, h('strong', {}, t('state.cancelled')));
    else words.textContent = mine ? '' : t(job.state === 'queued' ? 'tile.queued' : 'tile.waiting');
    showPreview();
  }

  function showPreview() {
    const url = state.previews.get(job.id)?.[k];
    if (url && preview.src !== url) {
      preview.src = url;
      preview.hidden = false;
    } else if (!url && !asked && job.preview_url && job.state === 'running' && job.progress?.picture === k) {
      asked = true;  // after a reload: the latest one lies on the server
      preview.src = job.preview_url;
      preview.hidden = false;
    }
    if (isOver(job)) preview.hidden = true;
  }

  function showFailure() {
    const {title, detail} = explainJob(job.error);
    if (words.dataset.failure === title) return;
    words.dataset.failure = title;
    fill(words, icon('warning'), h('strong', {}, title), detail && h('span', {}, detail),
      h('button.button', {type: 'button', onclick: () => again(job)}, t('try_again')));
  }

  function showPicture(made) {
    if (shown === made.id && actions.dataset.language === document.documentElement.lang) return;
    if (shown !== made.id) {
      shown = made.id;
      picture.src = made.url ?? api.fileUrl(made.id);
      picture.hidden = false;
      picture.classList.add('arriving');
      const arrived = () => {
        picture.classList.remove('arriving');
        element.classList.add('arrived');
      };
      picture.decode().then(arrived, arrived);
    }
    picture.alt = made.prompt;
    open.setAttribute('aria-label', t('picture.open', {prompt: made.prompt || t('picture.no_prompt')}));
    open.title = made.prompt;
    actions.hidden = false;
    actions.dataset.language = document.documentElement.lang;
    fill(actions, pictureButtons(made));
  }

  return {element, show, aspect: () => (job ? (pictureOf(job, k)?.width ?? job.request.width ?? 1) / (pictureOf(job, k)?.height ?? job.request.height ?? 1) : 1)};
}

function pictureButtons(picture) {
  const noVary = whyNot('vary'), noEdit = whyNot('edit') && whyNot('inpaint');
  return [
    iconButton('vary', noVary || t('vary.small'), () => vary(picture, 'small'), {quiet: true, kind: 'solid', 'aria-disabled': noVary ? 'true' : null}),
    iconButton('brush', noEdit || t('edit'), () => openEditor(picture), {quiet: true, kind: 'solid', 'aria-disabled': noEdit ? 'true' : null}),
    h('a.button.icon-only', {href: api.downloadUrl(picture.id), download: '', 'aria-label': t('download'), title: t('download')}, icon('download')),
  ];
}

async function again(job) {
  try {
    const {seed, ...request} = job.request;
    await submit([{...request, ...(seed !== undefined ? {seed} : {})}]);
  } catch (error) {
    sayError(error);
  }
}

function showStatus(jobs) {
  const bar = $('#stage-status');
  const active = jobs.filter(job => !isOver(job));
  bar.hidden = !active.length;
  showCaption(active.length ? [] : jobs);
  speak(jobs, active);
  if (!active.length) {
    document.title = unseen ? `${unseen} · Lienzo` : 'Lienzo';
    return bar.textContent = '';
  }
  const running = active.find(job => job.state === 'running');
  const parts = jobs.map(job => (isOver(job) ? 1 : job.state === 'running' ? job.progress?.fraction ?? 0 : 0));
  const fraction = parts.reduce((a, b) => a + b, 0) / jobs.length;
  if (!bar.firstChild || bar.dataset.language !== document.documentElement.lang) {
    bar.dataset.language = document.documentElement.lang;
    fill(bar, h('p', {id: 'status-words'}), h('div.bar', {role: 'progressbar', 'aria-labelledby': 'status-words', 'aria-valuemin': 0, 'aria-valuemax': 100}, h('span')),
      h('button.button.quiet', {type: 'button', id: 'cancel', onclick: () => cancelStaged()}, icon('close'), h('span', {}, t('cancel'))));
  }
  $('#status-words').textContent = statusWords(running, active, jobs);
  document.title = `${number(fraction, {style: 'percent'})} · Lienzo`;
  $('#cancel').disabled = active.every(job => job.cancel_requested);
  const line = $('.bar', bar);
  line.setAttribute('aria-valuenow', String(Math.round(fraction * 100)));
  line.style.setProperty('--part', String(fraction));
}

// The words that were drawn, where all are of the same.
function showCaption(jobs) {
  const words = new Set(jobs.map(job => job.request.prompt));
  const caption = $('#stage-caption');
  caption.textContent = words.size === 1 && tiles.size ? [...words][0] ?? '' : '';
  caption.hidden = !caption.textContent;
}

function statusWords(running, active, jobs) {
  if (active.every(job => job.cancel_requested)) return t('queue.stopping');
  if (!running) {
    const ahead = Math.min(...active.map(aheadOf));
    return ahead > 0 ? t('status.queued', {n: ahead}) : t('status.next');
  }
  const {stage, step, steps, picture, pictures, seconds_left: left} = running.progress;
  const words = [named('stage.', stage || 'load')];
  if (steps > 0 && step > 0) words.push(t('status.step', {step, steps}));
  const total = jobs.reduce((sum, job) => sum + countOf(job), 0);
  const done = jobs.reduce((sum, job) => sum + (job === running ? picture : isOver(job) ? countOf(job) : 0), 0);
  if (total > 1 || pictures > 1) words.push(t('status.picture', {k: Math.min(done + 1, total), total}));
  words.push(timeLeft(secondsLeft(left, active, jobs)));
  return words.filter(Boolean).join(' · ');
}

// Of all jobs on the stage: those that wait are taken to last as long as those that are done.
function secondsLeft(left, active, jobs) {
  if (left === null || left === undefined || active.length === 1) return left;
  const done = jobs.filter(job => job.state === 'done' && job.started && job.finished);
  if (!done.length) return null;
  const each = done.reduce((sum, job) => sum + job.finished - job.started, 0) / done.length / 1000;
  return left + each * (active.length - 1);
}

async function cancelStaged() {
  for (const job of staged().reverse()) if (!isOver(job)) await cancel(job.id);
}

// Said at the end alone; the beginning is said by the button.
function speak(jobs, active) {
  const now = jobs.map(job => job.id).join() + (active.length ? ':active' : ':over');
  const before = said;
  said = now;
  if (active.length || !before.endsWith(':active') || now.split(':')[0] !== before.split(':')[0]) return;
  const made = jobs.reduce((sum, job) => sum + (job.pictures?.length ?? 0), 0);
  const failed = jobs.find(job => job.state === 'failed');
  const words = failed ? explainJob(failed.error).title : made ? t('said.ready', {n: made}) : t('state.cancelled');
  announce(words);
  if (document.hidden) unseen = words;
}

function showWelcome() {
  const welcome = $('#welcome');
  if (welcome.hidden) return;
  const model = currentModel();
  fill(welcome, h('h1', {}, t('welcome.title')), model && h('p', {}, isSmallWorld(model) ? t('welcome.own') : t('welcome.any')),
    h('ul.examples', {}, model && examples(model).map(text => h('li', {}, h('button.example', {
      type: 'button',
      onclick: () => {
        setDraft({prompt: text});
        generate();
      },
    }, text)))));
}
