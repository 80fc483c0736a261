// What is painted over a picture: strokes, kept as a list so that any can be undone.

/// Draws on `canvas`, whose pixels are those of the picture; painted is opaque. `changed` is called
/// after each change.
export class Mask {
  constructor(canvas, changed = () => {}) {
    this.canvas = canvas;
    this.context = canvas.getContext('2d', {willReadFrequently: true});
    this.colour = '#fff';
    this.changed = changed;
    this.steps = [];
  }

  get empty() {
    return this.steps.length === 0;
  }

  /// Begins a stroke of `width` pixels at a point; `erase` takes paint away.
  begin(x, y, width, erase) {
    const stroke = {kind: 'stroke', points: [[x, y]], width, erase};
    this.steps.push(stroke);
    this.#draw(stroke);
    this.changed();
  }

  extend(x, y) {
    const stroke = this.steps.at(-1);
    if (stroke?.kind !== 'stroke') return;
    stroke.points.push([x, y]);
    this.#draw({...stroke, points: stroke.points.slice(-2)});
  }

  invert() {
    this.#add({kind: 'invert'});
  }

  clear() {
    if (!this.empty) this.#add({kind: 'clear'});
  }

  undo() {
    this.steps.pop();
    this.redraw();
    this.changed();
  }

  redraw() {
    this.context.clearRect(0, 0, this.canvas.width, this.canvas.height);
    for (const step of this.steps) this.#draw(step);
  }

  /// Whether anything is painted now.
  painted() {
    const {width, height} = this.canvas;
    const {data} = this.context.getImageData(0, 0, width, height);
    for (let k = 3; k < data.length; k += 4) if (data[k] > 127) return true;
    return false;
  }

  /// White where it is painted, black elsewhere: a canvas.
  picture() {
    const {width, height} = this.canvas;
    const made = Object.assign(document.createElement('canvas'), {width, height});
    const context = made.getContext('2d');
    context.drawImage(this.canvas, 0, 0);
    context.globalCompositeOperation = 'source-in';
    context.fillStyle = '#fff';
    context.fillRect(0, 0, width, height);
    context.globalCompositeOperation = 'destination-over';
    context.fillStyle = '#000';
    context.fillRect(0, 0, width, height);
    return made;
  }

  #add(step) {
    this.steps.push(step);
    this.#draw(step);
    this.changed();
  }

  #draw(step) {
    const {context, canvas} = this;
    context.save();
    context.fillStyle = context.strokeStyle = this.colour;
    if (step.kind === 'clear') {
      context.clearRect(0, 0, canvas.width, canvas.height);
    } else if (step.kind === 'invert') {
      context.globalCompositeOperation = 'source-out';
      context.fillRect(0, 0, canvas.width, canvas.height);
    } else {
      context.globalCompositeOperation = step.erase ? 'destination-out' : 'source-over';
      context.lineWidth = step.width;
      context.lineCap = context.lineJoin = 'round';
      context.beginPath();
      const [first, ...rest] = step.points;
      context.arc(...first, step.width / 2, 0, 2 * Math.PI);
      context.fill();
      context.beginPath();
      context.moveTo(...first);
      for (const point of rest) context.lineTo(...point);
      context.stroke();
    }
    context.restore();
  }
}
