// Two pictures, one over the other, with a line between them that can be moved.
import * as api from '/studio/api.js';
import {$, fill, h, iconButton, openDialog} from '/studio/dom.js';
import {t} from '/studio/i18n.js';

/// `left` shows on the left of the line, `right` on its right.
export function openCompare(left, right) {
  const dialog = $('#compare');
  const image = (picture, kind) => h('img.' + kind, {src: picture.url ?? api.fileUrl(picture.id), alt: picture.prompt || t('picture.no_prompt'), draggable: 'false'});
  const frame = h('div.compare-frame', {style: {'--split': '50%', '--aspect': `${right.width} / ${right.height}`, '--shape': String(right.width / right.height)}},
    image(right, 'under'), image(left, 'over'), h('span.line', {'aria-hidden': 'true'}));
  const slider = h('input.compare-slider', {
    type: 'range', min: 0, max: 100, step: 0.5, value: 50, 'aria-label': t('compare.slider'),
    oninput: () => frame.style.setProperty('--split', `${slider.value}%`),
  });
  frame.append(slider);
  const caption = picture => h('figcaption', {}, h('strong', {}, picture.prompt || t('picture.no_prompt')),
    h('span.hint', {}, [picture.model, `${t('seed')} ${picture.seed}`, `${picture.width} × ${picture.height}`].map(text => h('span', {}, text))));
  fill(dialog,
    h('div.compare-head', {}, h('h2', {}, t('compare.title')),
      iconButton('reuse', t('compare.swap'), () => openCompare(right, left), {kind: 'quiet'}),
      iconButton('close', t('close'), () => dialog.close(), {quiet: true})),
    h('div.compare-stage', {}, frame),
    h('div.compare-captions', {}, caption(left), caption(right)));
  openDialog(dialog, {light: false});
  slider.focus();
}
