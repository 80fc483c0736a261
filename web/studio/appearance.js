// Language and theme: the switches in the header.
import {$, fill} from '/studio/dom.js';
import {icon} from '/studio/icons.js';
import {kLanguages, language, t, translate} from '/studio/i18n.js';
import {set, state, subscribe} from '/studio/store.js';

const dark = matchMedia('(prefers-color-scheme: dark)');
const theme = () => state.theme ?? (dark.matches ? 'dark' : 'light');

export function startAppearance() {
  $('#switch-language').addEventListener('click', () => {
    const names = Object.keys(kLanguages);
    set({language: names[(names.indexOf(language()) + 1) % names.length]});
  });
  $('#switch-theme').addEventListener('click', () => set({theme: theme() === 'dark' ? 'light' : 'dark'}));
  dark.addEventListener('change', show);
  subscribe(['language', 'theme'], show);
  show();
}

function show() {
  const now = theme(), other = now === 'dark' ? 'light' : 'dark';
  document.documentElement.dataset.theme = now;
  $('meta[name=theme-color]').content = getComputedStyle(document.documentElement).getPropertyValue('--paper').trim();
  translate();
  const button = $('#switch-theme');
  fill(button, icon(now === 'dark' ? 'sun' : 'moon'));
  button.setAttribute('aria-label', t('theme.' + other));
  button.title = t('theme.' + other);
  const names = Object.keys(kLanguages);
  const next = names[(names.indexOf(language()) + 1) % names.length];
  const switcher = $('#switch-language');
  switcher.textContent = next.toUpperCase();
  switcher.lang = next;
  switcher.setAttribute('aria-label', `${next.toUpperCase()}: ${kLanguages[next]}`);
  switcher.title = kLanguages[next];
}
