// Our own icons: strokes on a grid of 24, in the colour of the text around them.
const kPaths = {
  sliders: 'M4 7h9M17 7h3M4 17h3M11 17h9M15 4.5v5M9 14.5v5',
  queue: 'M4 6h16M4 12h16M4 18h9',
  sun: 'M12 8a4 4 0 1 0 0 8 4 4 0 0 0 0-8zM12 2.5v2M12 19.5v2M2.5 12h2M19.5 12h2M5.3 5.3l1.4 1.4M17.3 17.3l1.4 1.4M5.3 18.7l1.4-1.4M17.3 6.7l1.4-1.4',
  moon: 'M20 14.5A8.2 8.2 0 0 1 9.5 4 8.2 8.2 0 1 0 20 14.5z',
  close: 'M6 6l12 12M18 6L6 18',
  check: 'M5 12.5l4.5 4.5L19 7.5',
  lock: 'M6.5 11h11v8.5h-11zM8.5 11V8a3.5 3.5 0 0 1 7 0v3',
  unlock: 'M6.5 11h11v8.5h-11zM8.5 11V8a3.5 3.5 0 0 1 6.7-1.4',
  dice: 'M5 5h14v14H5zM9 9h.01M15 9h.01M12 12h.01M9 15h.01M15 15h.01',
  search: 'M10.5 4.5a6 6 0 1 0 0 12 6 6 0 0 0 0-12zM15 15l5 5',
  download: 'M12 4v11M7.5 11l4.5 4.5 4.5-4.5M5 19.5h14',
  trash: 'M5 7h14M10 7V4.5h4V7M7 7l.8 12.5h8.4L17 7M10.3 10.5v5.5M13.7 10.5v5.5',
  brush: 'M14 5l5 5-7.5 6.5-4-4zM7.5 12.5c-3 .5-2 4-4.5 6 3.5 1.5 8 .5 8.5-2',
  eraser: 'M9 19.5L4.5 15 14 5.5l5.5 5.5-8.5 8.5zM9 10.5l5.5 5.5M9 19.5h10.5',
  expand: 'M9 4H4v5M20 9V4h-5M15 20h5v-5M4 15v5h5M4 4l5.5 5.5M20 4l-5.5 5.5M20 20l-5.5-5.5M4 20l5.5-5.5',
  compare: 'M12 3.5v17M4 6.5h16v11H4zM8.5 10l-2 2 2 2M15.5 10l2 2-2 2',
  vary: 'M4 5h9v9H4zM9 17.5V19h10V9h-1.5',
  strong: 'M3.5 4.5h6.5v6.5H3.5zM14 13h6.5v6.5H14zM13.5 8h4v2M10.5 16h-4v-2',
  enlarge: 'M4 13.5h6.5V20H4zM8.5 10V4H20v11.5h-6M11.5 12.5L16 8M12.5 8H16v3.5',
  reuse: 'M4.5 12a7.5 7.5 0 0 1 13-5l2 2M19.5 4.5V9H15M19.5 12a7.5 7.5 0 0 1-13 5l-2-2M4.5 19.5V15H9',
  undo: 'M8.5 5.5L4.5 9.5l4 4M4.5 9.5H14a5 5 0 0 1 0 10h-4',
  invert: 'M12 4a8 8 0 1 0 0 16 8 8 0 0 0 0-16zM12 4v16M12 8l3.5-3M12 12l7-5M12 16l7.5-5M13 20l6-4.5',
  grid: 'M4 4h6.5v6.5H4zM13.5 4H20v6.5h-6.5zM4 13.5h6.5V20H4zM13.5 13.5H20V20h-6.5z',
  left: 'M14.5 5.5L8 12l6.5 6.5',
  right: 'M9.5 5.5L16 12l-6.5 6.5',
  picture: 'M4 5h16v14H4zM4 16l5-5 4 4 2.5-2.5L20 17M15.5 8.5h.01',
  plus: 'M12 5v14M5 12h14',
  minus: 'M5 12h14',
  key: 'M8 11.5a3.5 3.5 0 1 0 0 7 3.5 3.5 0 0 0 0-7zM10.5 12.5L19 4M15.5 7.5l3 3',
  keyboard: 'M3.5 6.5h17v11h-17zM7 10h.01M10.5 10h.01M14 10h.01M17 10h.01M8 14h8',
  copy: 'M8.5 8.5H20V20H8.5zM15.5 8.5V4H4v11.5h4.5',
  globe: 'M12 3.5a8.5 8.5 0 1 0 0 17 8.5 8.5 0 0 0 0-17zM3.5 12h17M12 3.5c-5 5-5 12 0 17M12 3.5c5 5 5 12 0 17',
  leave: 'M13.5 4.5H5v15h8.5M10 12h10M16.5 8.5L20 12l-3.5 3.5',
  spark: 'M12 3.5l1.800 6.700 6.700 1.800-6.700 1.800L12 20.5l-1.800-6.700L3.5 12l6.700-1.800z',
  warning: 'M12 4.5l8.5 15h-17zM12 10v4.5M12 17h.01',
  tag: 'M4 4.5h7.5l8.5 8.5-7.5 7.5L4 12zM8 8.5h.01',
};

const kSvg = 'http://www.w3.org/2000/svg';

/// An <svg> that assistive technology passes over: the name is the button's.
export function icon(name) {
  const svg = document.createElementNS(kSvg, 'svg');
  svg.setAttribute('class', 'icon');
  svg.setAttribute('viewBox', '0 0 24 24');
  svg.setAttribute('aria-hidden', 'true');
  const path = document.createElementNS(kSvg, 'path');
  path.setAttribute('d', kPaths[name] ?? '');
  svg.append(path);
  return svg;
}

/// Puts the icon that data-icon="name" asks for in front of each such element's text.
export function placeIcons(root = document) {
  for (const element of root.querySelectorAll('[data-icon]')) {
    element.prepend(icon(element.dataset.icon));
    element.removeAttribute('data-icon');
  }
}

/// A ring that fills: set --part from 0 to 1 on it.
export function ring() {
  const svg = document.createElementNS(kSvg, 'svg');
  svg.setAttribute('class', 'ring');
  svg.setAttribute('viewBox', '0 0 48 48');
  svg.setAttribute('aria-hidden', 'true');
  for (const kind of ['track', 'arc']) {
    const circle = document.createElementNS(kSvg, 'circle');
    circle.setAttribute('class', kind);
    circle.setAttribute('cx', '24');
    circle.setAttribute('cy', '24');
    circle.setAttribute('r', '20');
    circle.setAttribute('pathLength', '1');
    svg.append(circle);
  }
  return svg;
}
