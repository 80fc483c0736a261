// Short news at the foot of the page, with one thing to do about it.
import {$, h} from '/studio/dom.js';
import {explain} from '/studio/errors.js';
import {t} from '/studio/i18n.js';

let current = null;

/// Shows `text` for `wait` milliseconds; `action` = {text, run} puts a button beside it. `gone` is
/// called when it went without the button being pressed.
export function say(text, {action = null, gone = () => {}, wait = 5000, bad = false} = {}) {
  dismiss();
  const close = () => {
    if (!current) return;
    clearTimeout(current.timer);
    current.bar.remove();
    const ended = current.gone;
    current = null;
    ended();
  };
  const bar = h(bad ? 'div.snackbar.bad' : 'div.snackbar', {role: bad ? 'alert' : 'status'},
    h('span', {}, text),
    action && h('button.link', {
      type: 'button',
      onclick: () => {
        current.gone = () => {};
        close();
        action.run();
      },
    }, action.text));
  current = {bar, gone, timer: setTimeout(close, wait), close};
  // Whoever is about to press it has all the time.
  const stay = () => current?.bar === bar && clearTimeout(current.timer);
  const goOn = () => current?.bar === bar && (stay(), current.timer = setTimeout(close, wait));
  for (const event of ['pointerenter', 'focusin']) bar.addEventListener(event, stay);
  for (const event of ['pointerleave', 'focusout']) bar.addEventListener(event, goOn);
  rehome();
}

/// Puts what is shown into the topmost dialog: what lies beneath it can be neither seen nor pressed.
/// For when a dialog closed or was filled anew.
export function rehome() {
  if (!current) return;
  const place = [...document.querySelectorAll('dialog[open]:modal')].pop() ?? $('#snackbars');
  if (current.bar.parentElement !== place) place.append(current.bar);
}
document.addEventListener('close', rehome, {capture: true});

export function dismiss() {
  current?.close();
}

/// The same for what was thrown.
export function sayError(error) {
  if (error.status === 401 || error.name === 'AbortError') return;
  const {title, detail} = explain(error);
  say(detail ? t('error.with_detail', {title, detail}) : title, {bad: true, wait: 9000});
}

/// For those who listen rather than look: said once, when the page is quiet.
export function announce(text) {
  $('#announcer').textContent = text;
}
