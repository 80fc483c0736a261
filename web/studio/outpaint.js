// A larger canvas around a picture: the new edges and the mask of what is to be painted.
import {h} from '/studio/dom.js';
import {t} from '/studio/i18n.js';

export const kSides = ['left', 'top', 'right', 'bottom'];

/// The margins made larger so that the whole is a multiple of what the model takes, and no larger
/// than it can.
export function fitMargins(margins, width, height, model) {
  const step = model?.multiple || 8, most = model?.largest ?? 2048;
  const fitted = {...margins};
  for (const [size, near, far] of [[width, 'left', 'right'], [height, 'top', 'bottom']]) {
    const wanted = size + fitted[near] + fitted[far];
    const whole = Math.min(Math.floor(most / step) * step, Math.ceil(wanted / step) * step);
    let change = whole - wanted;
    const first = fitted[far] > 0 || fitted[near] === 0 ? far : near;
    const taken = Math.max(-fitted[first], change);
    fitted[first] += taken;
    change -= taken;
    const second = first === far ? near : far;
    fitted[second] = Math.max(0, fitted[second] + change);
  }
  return fitted;
}

/// {picture, mask}: canvases. The picture stands in the middle, its outermost pixels drawn out to
/// the new edges; the mask is white there and `overlap` pixels into the picture.
export function enlarge(image, width, height, margins, overlap) {
  const {left, top, right, bottom} = margins;
  const across = width + left + right, down = height + top + bottom;
  const picture = Object.assign(document.createElement('canvas'), {width: across, height: down});
  const context = picture.getContext('2d');
  context.imageSmoothingEnabled = true;
  const columns = [[0, 1, 0, left], [0, width, left, width], [width - 1, 1, left + width, right]];
  const rows = [[0, 1, 0, top], [0, height, top, height], [height - 1, 1, top + height, bottom]];
  for (const [sx, sw, dx, dw] of columns) {
    for (const [sy, sh, dy, dh] of rows) {
      if (dw > 0 && dh > 0) context.drawImage(image, sx, sy, sw, sh, dx, dy, dw, dh);
    }
  }
  const mask = Object.assign(document.createElement('canvas'), {width: across, height: down});
  const paint = mask.getContext('2d');
  paint.fillStyle = '#fff';
  paint.fillRect(0, 0, across, down);
  paint.fillStyle = '#000';
  const inset = side => (margins[side] > 0 ? overlap : 0);
  paint.fillRect(left + inset('left'), top + inset('top'),
    width - inset('left') - inset('right'), height - inset('top') - inset('bottom'));
  return {picture, mask};
}

/// The frame around a picture with four edges to drag, or to move with the arrow keys. `scale()`
/// gives screen pixels per pixel of the picture; `change(side, pixels)` is called with new margins.
export function makeFrame({scale, margins, change, step}) {
  const handle = side => {
    const across = side === 'left' || side === 'right';
    const outward = side === 'left' || side === 'top' ? -1 : 1;
    const button = h('button.edge.' + side, {
      type: 'button', role: 'slider', 'aria-label': t('outpaint.' + side), 'aria-valuemin': 0,
      'aria-orientation': across ? 'horizontal' : 'vertical',
      onkeydown: event => {
        const by = {ArrowLeft: across ? -1 : 0, ArrowRight: across ? 1 : 0, ArrowUp: across ? 0 : -1, ArrowDown: across ? 0 : 1}[event.key];
        if (!by) return;
        event.preventDefault();
        change(side, margins()[side] + by * outward * step());
      },
    }, h('span'));
    button.addEventListener('pointerdown', event => {
      event.preventDefault();
      button.focus();
      button.setPointerCapture(event.pointerId);
      const from = across ? event.clientX : event.clientY;
      const before = margins()[side], unit = scale();
      const move = next => change(side, before + ((across ? next.clientX : next.clientY) - from) * outward / unit);
      const end = () => {
        button.removeEventListener('pointermove', move);
        button.removeEventListener('pointerup', end);
        button.removeEventListener('pointercancel', end);
      };
      button.addEventListener('pointermove', move);
      button.addEventListener('pointerup', end);
      button.addEventListener('pointercancel', end);
    });
    return button;
  };
  return h('div.frame', {}, kSides.map(handle));
}
