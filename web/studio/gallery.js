// All pictures, newest first, with search; the choice of two to compare.
import * as api from '/studio/api.js';
import {$, debounce, fill, h} from '/studio/dom.js';
import {explain} from '/studio/errors.js';
import {t} from '/studio/i18n.js';
import {openCompare} from '/studio/compare.js';
import {set, state, subscribe} from '/studio/store.js';
import {openViewer} from '/studio/viewer.js';

const kPage = 60;
let asked = 0;  // grows with each search: late answers to older ones are dropped
let problem = null;

export function startGallery() {
  const search = $('#search'), model = $('#search-model');
  search.addEventListener('input', debounce(() => look({text: search.value.trim()}), 250));
  search.addEventListener('keydown', event => {
    if (event.key !== 'Escape' || !search.value) return;
    event.stopPropagation();
    search.value = '';
    look({text: ''});
  });
  model.addEventListener('change', () => look({model: model.value}));
  $('#more').addEventListener('click', loadMore);
  $('#start-compare').addEventListener('click', () => set({comparing: state.comparing ? null : 'first'}));
  $('#compare-note button').addEventListener('click', () => {
    set({comparing: null});
    $('#start-compare').focus();
  });
  subscribe(['pictures', 'language', 'comparing', 'next'], soon);
  subscribe(['models', 'language'], showModels);
  subscribe(['models'], soon);
  new IntersectionObserver(entries => {
    if (entries.some(entry => entry.isIntersecting)) loadMore();
  }, {rootMargin: '600px'}).observe($('#more'));
  soon();
}

function look(search) {
  set({search: {...state.search, ...search}});
  return loadGallery();
}

// "#word" looks for a tag, anything else for words of the prompt.
function searched() {
  const {text, model} = state.search;
  return text.startsWith('#') ? {tag: text.slice(1), model} : {text, model};
}

/// The first page, anew.
export async function loadGallery() {
  const mine = ++asked;
  problem = null;
  try {
    const {pictures, next} = await api.getPictures({...searched(), limit: kPage});
    if (mine === asked) set({pictures, next});
  } catch (error) {
    if (mine !== asked) return;
    problem = explain(error);
    set({pictures: [], next: null});
  }
}

let loading = false;
async function loadMore() {
  if (!state.next || loading) return;
  loading = true;
  const mine = asked;
  try {
    const {pictures, next} = await api.getPictures({...searched(), limit: kPage, before: state.next});
    const known = new Set(state.pictures.map(picture => picture.id));
    if (mine === asked) set({pictures: [...state.pictures, ...pictures.filter(picture => !known.has(picture.id))], next});
  } catch {
    // The button stays and can be pressed again.
  } finally {
    loading = false;
  }
}

let waiting = false;
function soon() {
  if (waiting) return;
  waiting = true;
  requestAnimationFrame(() => {
    waiting = false;
    render();
  });
}

const items = new Map();  // picture id -> <li>

function render() {
  const list = $('#pictures');
  const shown = state.pictures.filter(picture => !state.hidden.has(picture.id));
  const ids = new Set(shown.map(picture => picture.id));
  for (const [id, item] of items) {
    if (ids.has(id)) continue;
    item.remove();
    items.delete(id);
  }
  let before = null;
  for (const picture of shown) {
    if (!items.has(picture.id)) items.set(picture.id, makeItem(picture));
    const item = items.get(picture.id);
    const next = before ? before.nextSibling : list.firstChild;
    if (next !== item) list.insertBefore(item, next);
    before = item;
    item.update();
  }
  $('#more').hidden = !state.next;
  showEmpty(shown.length);
  showCompareNote();
}

function makeItem(picture) {
  const image = h('img', {src: api.thumbnailUrl(picture.id, 320), alt: picture.prompt, loading: 'lazy', decoding: 'async', width: picture.width, height: picture.height});
  const button = h('button.thumbnail', {type: 'button', data: {picture: picture.id}, onclick: () => chosen(picture)}, image, h('span.caption', {'aria-hidden': 'true'}, picture.prompt));
  const item = h('li', {style: {'--aspect': String(Math.min(2.2, Math.max(0.5, picture.width / picture.height)))}}, button);
  item.update = () => {
    image.alt = picture.prompt || t('picture.no_prompt');
    button.setAttribute('aria-label', t(state.comparing ? 'compare.pick' : 'picture.open', {prompt: picture.prompt || t('picture.no_prompt')}));
    button.classList.toggle('picked', state.comparing?.id === picture.id);
  };
  return item;
}

function chosen(picture) {
  const first = state.comparing;
  if (!first) return openViewer(picture, visible());
  if (first === 'first') return set({comparing: picture});
  if (first.id === picture.id) return set({comparing: 'first'});
  set({comparing: null});
  openCompare(first, picture);
}

const visible = () => state.pictures.filter(picture => !state.hidden.has(picture.id));

function showEmpty(count) {
  const empty = $('#gallery-empty');
  empty.hidden = count > 0;
  const {text, model} = state.search;
  // Where there is nothing to look through, there is nothing to look with.
  const bare = !count && !text && !model;
  $('#search-field').hidden = bare;
  $('#start-compare').hidden = count < 2 && !state.comparing;
  $('#search-model-field').hidden = bare || state.models.length < 2;
  if (problem) empty.textContent = problem.detail ? t('error.with_detail', problem) : problem.title;
  else if (text) empty.textContent = t('gallery.nothing_found', {text});
  else empty.textContent = t(model ? 'gallery.nothing_of_model' : 'gallery.empty');
}

function showCompareNote() {
  const note = $('#compare-note');
  note.hidden = !state.comparing;
  $('span', note).textContent = state.comparing ? t(state.comparing === 'first' ? 'compare.choose_two' : 'compare.choose_other') : '';
  $('#start-compare').setAttribute('aria-pressed', String(Boolean(state.comparing)));
}

function showModels() {
  const select = $('#search-model');
  fill(select, h('option', {value: ''}, t('gallery.every_model')), state.models.map(model => h('option', {value: model.id}, model.name)));
  select.value = state.search.model;
}
