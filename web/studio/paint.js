// Painting on a mask, with a pointer or with the keys.
import {h} from '/studio/dom.js';

/// Lets people paint on `mask` (mask.js). `brush()` gives the width in pixels of the picture, `erase()` whether
/// paint is taken away, `scale()` screen pixels per pixel of the picture, once that is known. Gives the ring
/// that shows the brush, to be put over the canvas.
export function paintOn(mask, {brush, erase, scale}) {
  const {canvas} = mask;
  const ring = h('span.brush-ring', {'aria-hidden': 'true', hidden: true});
  const spot = [canvas.width / 2, canvas.height / 2];  // of the brush that the keys move
  let painting = false;

  const at = event => {
    const box = canvas.getBoundingClientRect();
    return [(event.clientX - box.left) * canvas.width / box.width, (event.clientY - box.top) * canvas.height / box.height];
  };
  const show = (x, y) => {
    if (!scale()) return;
    const size = brush() * scale();
    ring.hidden = false;
    Object.assign(ring.style, {width: `${size}px`, height: `${size}px`, left: `${x * scale()}px`, top: `${y * scale()}px`});
  };
  const dab = () => mask.begin(...spot, brush(), erase());

  canvas.addEventListener('pointerdown', event => {
    if (event.button > 0) return;
    event.preventDefault();
    canvas.focus({preventScroll: true});
    canvas.setPointerCapture(event.pointerId);
    painting = true;
    mask.begin(...at(event), brush(), erase());
  });
  canvas.addEventListener('pointermove', event => {
    show(...at(event));
    if (painting) for (const part of event.getCoalescedEvents?.() ?? [event]) mask.extend(...at(part));
  });
  const end = () => painting = false;
  canvas.addEventListener('pointerup', end);
  canvas.addEventListener('pointercancel', end);
  canvas.addEventListener('pointerleave', () => {
    if (!painting && document.activeElement !== canvas) ring.hidden = true;
  });
  canvas.addEventListener('focus', () => show(...spot));
  canvas.addEventListener('blur', () => ring.hidden = true);
  canvas.addEventListener('keydown', event => {
    const by = {ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1]}[event.key];
    if (by) {
      event.preventDefault();
      const step = Math.max(2, brush() / 2);
      spot[0] = Math.min(canvas.width, Math.max(0, spot[0] + by[0] * step));
      spot[1] = Math.min(canvas.height, Math.max(0, spot[1] + by[1] * step));
      show(...spot);
      if (event.shiftKey) dab();
    } else if (event.key === ' ' || (event.key === 'Enter' && !event.ctrlKey && !event.metaKey)) {
      event.preventDefault();
      dab();
    }
  });
  return ring;
}
