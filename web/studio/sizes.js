// Width and height from an aspect ratio, in what a model allows.
export const kRatios = ['1:1', '5:4', '4:5', '4:3', '3:4', '3:2', '2:3', '16:9', '9:16'];

const clamp = (value, low, high) => Math.min(high, Math.max(low, value));

/// The next multiple that the model takes.
export function snap(model, pixels) {
  const step = model?.multiple || 1;
  return clamp(Math.round(pixels / step) * step, model?.smallest ?? step, model?.largest ?? 4096);
}

/// "3:2" -> {width, height} with about as many pixels as the model's own size.
export function sizeFor(model, ratio) {
  const [across, down] = ratio.split(':').map(Number);
  const area = model.width * model.height;
  const width = Math.sqrt(area * across / down);
  return {width: snap(model, width), height: snap(model, width * down / across)};
}

/// The size that the draft asks for.
export function draftSize(draft, model) {
  const own = {width: model?.width ?? 512, height: model?.height ?? 512};
  if (!model || draft.ratio === 'own' || !draft.ratio) return own;
  if (draft.ratio === 'custom') {
    const width = draft.width ?? own.width;
    return {width, height: model.square_only ? width : draft.height ?? own.height};
  }
  return model.square_only ? own : sizeFor(model, draft.ratio);
}

/// `width` x `height` made to fit the model, the shape kept as well as it goes.
export function fitSize(model, width, height) {
  const most = Math.max(width, height), least = Math.min(width, height);
  let factor = 1;
  if (most > model.largest) factor = model.largest / most;
  else if (least < model.smallest) factor = model.smallest / least;
  return {width: snap(model, width * factor), height: snap(model, height * factor)};
}
