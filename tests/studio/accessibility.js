// Run in the page by studio_test.py: gives a list of what is wrong, in words; empty if nothing is.
// After WCAG 2.2 AA: 1.1.1, 1.4.3, 2.5.8, 3.1.1, 4.1.2.
return (() => {
  const wrong = [];
  const visible = element => {
    const box = element.getBoundingClientRect();
    if (!element.checkVisibility({opacityProperty: true, visibilityProperty: true}) || !box.width || !box.height) return false;
    // What a dialog on top makes inert is not there.
    const modal = [...document.querySelectorAll('dialog:modal')].pop();
    return !modal || modal.contains(element);
  };
  const name = element => `<${element.tagName.toLowerCase()}${element.id ? '#' + element.id : ''}.${element.className?.baseVal ?? element.className}>`;

  if (!['es', 'en'].includes(document.documentElement.lang)) wrong.push(`html lang is "${document.documentElement.lang}"`);
  if (!document.title) wrong.push('no title');
  const ids = [...document.querySelectorAll('[id]')].map(element => element.id);
  for (const id of new Set(ids.filter((id, k) => ids.indexOf(id) !== k))) wrong.push(`id "${id}" twice`);
  for (const image of document.images) if (!image.hasAttribute('alt')) wrong.push(`${name(image)} has no alt`);
  for (const image of document.images) if (image.closest('button') && visible(image) && !image.alt && !image.classList.contains('preview')) wrong.push(`${name(image)} has an empty alt`);

  // Accessible names, after the ways that the page uses.
  const textOf = element => [...element.childNodes].map(node => node.nodeType === 3 ? node.data : node.nodeType !== 1 || node.getAttribute('aria-hidden') === 'true' ? '' : node.tagName === 'IMG' ? node.alt : textOf(node)).join(' ');
  const accessible = element => {
    const by = element.getAttribute('aria-labelledby');
    if (by) return by.split(' ').map(id => document.getElementById(id)?.textContent ?? '').join(' ');
    return element.getAttribute('aria-label') || [...element.labels ?? []].map(label => label.textContent).join(' ') || (/^(INPUT|SELECT|TEXTAREA)$/.test(element.tagName) ? '' : textOf(element));
  };
  for (const element of document.querySelectorAll('button, a[href], input, select, textarea, summary, [tabindex="0"], dialog[open], [role="progressbar"]')) {
    if (element.tagName !== 'DIALOG' && !visible(element)) continue;
    if (!accessible(element).trim()) wrong.push(`${name(element)} has no accessible name`);
  }
  for (const element of document.querySelectorAll('[aria-describedby], [aria-controls], label[for]')) {
    for (const id of (element.getAttribute('aria-describedby') ?? element.getAttribute('aria-controls') ?? element.getAttribute('for')).split(' ')) {
      if (!document.getElementById(id)) wrong.push(`${name(element)} points to "${id}", which is not there`);
    }
  }

  // Size of what is pressed.
  for (const element of document.querySelectorAll('button, a[href], input, select')) {
    if (!visible(element) || element.closest('p, .prompt-note, .snackbar') || element.type === 'checkbox') continue;
    const {width, height} = element.getBoundingClientRect();
    if (width < 24 || height < 24) wrong.push(`${name(element)} is ${Math.round(width)} x ${Math.round(height)} pixels, expected 24 x 24 or more`);
  }

  // Contrast: colours as the screen has them, layers put over each other.
  const pixel = Object.assign(document.createElement('canvas'), {width: 1, height: 1}).getContext('2d', {willReadFrequently: true});
  const rgba = colour => {
    pixel.clearRect(0, 0, 1, 1);
    pixel.fillStyle = colour;
    pixel.fillRect(0, 0, 1, 1);
    const [r, g, b, a] = pixel.getImageData(0, 0, 1, 1).data;
    return [r, g, b, a / 255];
  };
  const over = ([r, g, b, a], [R, G, B]) => [r * a + R * (1 - a), g * a + G * (1 - a), b * a + B * (1 - a), 1];
  const luminance = ([r, g, b]) => [r, g, b].map(v => v / 255).map(v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4).reduce((sum, v, k) => sum + v * [0.2126, 0.7152, 0.0722][k], 0);
  const ratio = (one, other) => {
    const [low, high] = [luminance(one), luminance(other)].sort((a, b) => a - b);
    return (high + 0.05) / (low + 0.05);
  };
  const ground = element => {
    const layers = [];
    for (let at = element; at; at = at.parentElement) {
      const style = getComputedStyle(at);
      if (style.backgroundImage.includes('gradient') && !at.matches('.tile, .board, input')) return null;
      const colour = rgba(style.backgroundColor);
      if (colour[3] > 0) layers.push(colour);
      if (colour[3] === 1) break;
    }
    return layers.reverse().reduce((below, layer) => over(layer, below), rgba(getComputedStyle(document.body).backgroundColor));
  };
  const check = (element, colour, text, style) => {
    const below = ground(element);
    if (!below) return;
    const size = parseFloat(style.fontSize), large = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
    const got = ratio(over(rgba(colour), below), below), least = large ? 3 : 4.5;
    if (got < least) wrong.push(`"${text.trim().slice(0, 40)}" in ${name(element)}: contrast ${got.toFixed(2)}, expected ${least}`);
  };
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const node = walker.currentNode, element = node.parentElement;
    if (!node.data.trim() || element.closest('script, noscript, option, :disabled, .chip:has(:disabled), .sr-only, .skip') || !visible(element)) continue;
    check(element, getComputedStyle(element).color, node.data, getComputedStyle(element));
  }
  for (const field of document.querySelectorAll('input, textarea, select')) {
    if (field.disabled || !visible(field) || field.type === 'range') continue;
    if (field.placeholder && !field.value) check(field, getComputedStyle(field, '::placeholder').color, field.placeholder, getComputedStyle(field));
    else check(field, getComputedStyle(field).color, field.value, getComputedStyle(field));
  }
  return [...new Set(wrong)];
})();
