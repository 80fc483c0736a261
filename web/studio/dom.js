// Making and finding elements. Text from outside only ever becomes text nodes and attributes.
import {icon} from '/studio/icons.js';

export const $ = (selector, root = document) => root.querySelector(selector);
export const $$ = (selector, root = document) => [...root.querySelectorAll(selector)];

/// h('button.quiet', {type: 'button', onclick: f}, 'text', node, ...). Properties that begin with "on"
/// are listeners, "style" is an object, "data" a set of data attributes; false, null and undefined leave
/// an attribute out, true gives an empty one. Children may be nested arrays; empty ones are left out.
export function h(kind, properties = {}, ...children) {
  const [tag, ...classes] = kind.split('.');
  const element = document.createElement(tag || 'div');
  if (classes.length) element.className = classes.join(' ');
  for (const [name, value] of Object.entries(properties)) {
    if (value === false || value === null || value === undefined) continue;
    if (name.startsWith('on')) element.addEventListener(name.slice(2), value);
    else if (name === 'style') setStyle(element, value);
    else if (name === 'data') Object.assign(element.dataset, value);
    else if (name === 'value') element.value = value;
    else element.setAttribute(name, value === true ? '' : value);
  }
  append(element, children);
  return element;
}

function append(element, children) {
  for (const child of children.flat(Infinity)) {
    if (child === null || child === undefined || child === false) continue;
    element.append(child);
  }
}

function setStyle(element, style) {
  for (const [name, value] of Object.entries(style)) element.style.setProperty(name, value);
}

/// Puts `children` in place of what `element` holds.
export function fill(element, ...children) {
  element.textContent = '';
  append(element, children);
  return element;
}

/// A button with an icon and a text; `quiet` shows the icon alone, the text being its name.
export function iconButton(name, text, onclick, {quiet = false, kind = quiet ? 'quiet' : '', ...rest} = {}) {
  const classes = ['button', 'button', kind, quiet ? 'icon-only' : ''].filter(Boolean).join('.');
  return h(classes, {
    type: 'button', onclick, title: quiet ? text : null, 'aria-label': quiet ? text : null, ...rest,
  }, icon(name), quiet ? null : h('span', {}, text));
}

/// Calls `action` once `wait` milliseconds have passed without another call.
export function debounce(action, wait) {
  let timer = 0;
  return (...values) => {
    clearTimeout(timer);
    timer = setTimeout(() => action(...values), wait);
  };
}

/// Whether the screen is a phone's.
export const isNarrow = () => matchMedia('(max-width: 760px)').matches;

/// Opens a <dialog> above everything else; a click beside it closes it when `light`.
export function openDialog(dialog, {light = true} = {}) {
  if (!dialog.open) dialog.showModal();
  if (light && !dialog.dataset.light) {
    dialog.dataset.light = 'yes';
    dialog.addEventListener('mousedown', event => {
      if (event.target === dialog) dialog.close();
    });
  }
}
