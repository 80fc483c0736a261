// Words in the language of the person. Texts are in i18n/*.js, the same keys in each.
import es from '/studio/i18n/es.js';
import en from '/studio/i18n/en.js';
import {state} from '/studio/store.js';

const kTexts = {es, en};
export const kLanguages = {es: 'Español', en: 'English'};

export function language() {
  if (kTexts[state.language]) return state.language;
  const wanted = (navigator.languages ?? [navigator.language]).map(name => name.slice(0, 2));
  return wanted.find(name => kTexts[name]) ?? 'en';
}

/// The text of `key`, with {name} replaced by values.name. With `values.n` the forms key.one and
/// key.other are looked up first; numbers are written as the language does.
export function t(key, values = {}) {
  const texts = kTexts[language()];
  let text = texts[key];
  if (values.n !== undefined) {
    const form = new Intl.PluralRules(language()).select(values.n);
    text = texts[`${key}.${form}`] ?? texts[`${key}.other`] ?? text;
  }
  if (text === undefined) return key;
  return text.replace(/\{(\w+)\}/g, (whole, name) => {
    const value = values[name];
    if (value === undefined) return whole;
    return typeof value === 'number' ? number(value) : value;
  });
}

/// The text of prefix + name, or `name` itself: for names that a newer server may have.
export function named(prefix, name) {
  return kTexts[language()][prefix + name] ?? name;
}

export function number(value, options = {}) {
  return new Intl.NumberFormat(language(), options).format(value);
}

export function bytes(value) {
  const units = ['byte', 'kilobyte', 'megabyte', 'gigabyte'];
  let unit = 0;
  while (value >= 1000 && unit < 3) {
    value /= 1000;
    ++unit;
  }
  return number(value, {style: 'unit', unit: units[unit], unitDisplay: 'short', maximumFractionDigits: value < 10 && unit ? 1 : 0});
}

/// `milliseconds` since 1970 as day and time, the day left out when it is today.
export function moment(milliseconds) {
  const when = new Date(milliseconds);
  const today = new Date().toDateString() === when.toDateString();
  return new Intl.DateTimeFormat(language(), today ? {timeStyle: 'short'} : {dateStyle: 'medium', timeStyle: 'short'}).format(when);
}

/// Seconds in words: "unos 8 s", "about 3 min".
export function timeLeft(seconds) {
  if (seconds === null || seconds === undefined) return '';
  if (seconds < 1.5) return t('time.moment');
  const [value, unit] = seconds < 90 ? [seconds, 'second'] : seconds < 5400 ? [seconds / 60, 'minute'] : [seconds / 3600, 'hour'];
  return t('time.about', {time: number(Math.round(value), {style: 'unit', unit, unitDisplay: 'short'})});
}

/// Translates what the page itself says: data-t is the text, data-t-label the accessible name,
/// data-t-hint the placeholder.
export function translate(root = document) {
  document.documentElement.lang = language();
  for (const element of root.querySelectorAll('[data-t]')) element.textContent = t(element.dataset.t);
  for (const element of root.querySelectorAll('[data-t-hint]')) element.placeholder = t(element.dataset.tHint);
  for (const element of root.querySelectorAll('[data-t-label]')) {
    element.setAttribute('aria-label', t(element.dataset.tLabel));
    if (element.matches('button, a')) element.title = t(element.dataset.tLabel);
  }
}
