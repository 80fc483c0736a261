// An X/Y grid as one picture with labels.
const kLabel = 18, kPad = 14, kLongestSide = 8192;

/// `cells`[y][x]: an image that is loaded, or null. `columns`, `rows`: texts. Gives a canvas.
export function composeSheet({cells, columns, rows, title}) {
  const loaded = cells.flat().filter(Boolean);
  if (!loaded.length) return null;
  const natural = {width: Math.max(...loaded.map(one => one.naturalWidth)), height: Math.max(...loaded.map(one => one.naturalHeight))};
  const measure = document.createElement('canvas').getContext('2d');
  const font = size => `${size}px system-ui, sans-serif`;
  const hasRows = rows.some(Boolean), hasColumns = columns.some(Boolean);

  const fit = Math.min(1, kLongestSide / (columns.length * natural.width + 400), kLongestSide / (rows.length * natural.height + 200));
  const width = Math.round(natural.width * fit), height = Math.round(natural.height * fit);
  const label = Math.max(kLabel, Math.round(width / 22));
  measure.font = font(label);
  const left = hasRows ? Math.min(Math.max(...rows.map(text => measure.measureText(text).width)), width) + 2 * kPad : kPad;
  const top = hasColumns ? label + 2 * kPad : kPad;
  const foot = title ? label + 2 * kPad : kPad;
  const canvas = Object.assign(document.createElement('canvas'), {
    width: Math.round(left + columns.length * (width + kPad)), height: Math.round(top + rows.length * (height + kPad) + foot - kPad),
  });
  const context = canvas.getContext('2d');
  context.fillStyle = '#fbf8f1';
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.fillStyle = '#1d1a16';
  context.font = font(label);
  context.textBaseline = 'middle';
  const write = (text, x, y, room, align) => {
    context.textAlign = align;
    context.fillText(shorten(context, text, room), x, y);
  };
  columns.forEach((text, x) => hasColumns && write(text, left + x * (width + kPad) + width / 2, top / 2, width, 'center'));
  rows.forEach((text, y) => hasRows && write(text, left - kPad, top + y * (height + kPad) + height / 2, left - 2 * kPad + 2, 'right'));
  cells.forEach((row, y) => row.forEach((image, x) => {
    const [atX, atY] = [left + x * (width + kPad), top + y * (height + kPad)];
    if (!image) {
      context.fillStyle = '#e9e2d4';
      context.fillRect(atX, atY, width, height);
      return;
    }
    const scale = Math.min(width / image.naturalWidth, height / image.naturalHeight);
    const [w, h] = [image.naturalWidth * scale, image.naturalHeight * scale];
    context.drawImage(image, atX + (width - w) / 2, atY + (height - h) / 2, w, h);
  }));
  context.fillStyle = '#1d1a16';
  if (title) write(title, left, canvas.height - foot / 2, canvas.width - left - kPad, 'left');
  return canvas;
}

function shorten(context, text, room) {
  if (context.measureText(text).width <= room) return text;
  let end = text.length;
  while (end > 1 && context.measureText(text.slice(0, end) + '…').width > room) --end;
  return text.slice(0, end) + '…';
}
