#include "lienzo/pipelines/stable_diffusion/canvas.h"

#include <algorithm>

#include "lienzo/base/error.h"
#include "lienzo/image/resize.h"

namespace lienzo::pipelines {
namespace {

int round_up(int pixels, int64_t factor) {
  const int step = static_cast<int>(factor);
  return (pixels + step - 1) / step * step;
}

// At the size that is kept, then extended to the working size.
image::Image fitted(const image::Image& picture, const Canvas& canvas) {
  return image::extend(
      image::resize(picture, canvas.cut_width, canvas.cut_height), canvas.width, canvas.height);
}

image::Image binary(image::Image mask) {
  for (uint8_t& value : mask.pixels) value = value >= 128 ? 255 : 0;
  return mask;
}

void add_mask(const StableDiffusionRequest& request, const image::Image& picture, Canvas& canvas) {
  const InpaintOptions& inpaint = *request.inpaint;
  image::Image mask = binary(image::to_mask(inpaint.mask));
  image::Image original = picture;
  if (!inpaint.only_masked) {
    original = image::resize(picture, canvas.cut_width, canvas.cut_height);
    mask = binary(image::resize(mask, canvas.cut_width, canvas.cut_height));
  }
  const auto painted = image::painted_area(mask);
  if (!painted) {
    throw Error(ErrorKind::kInvalidInput,
                "[inpaint] the mask is black everywhere, so nothing would be painted; paint white "
                "what is to change");
  }
  canvas.area = inpaint.only_masked
                    ? image::expand_area(
                          *painted, inpaint.padding, canvas.cut_width, canvas.cut_height, original)
                    : image::Rect{0, 0, original.width, original.height};
  const auto part = [&](const image::Image& whole) {
    const image::Rect& area = canvas.area;
    return image::crop(whole, area.x, area.y, area.width, area.height);
  };
  canvas.picture = fitted(part(original), canvas);
  canvas.mask = binary(fitted(part(mask), canvas));
  if (!inpaint.keep_original) return;
  canvas.soft_mask = image::blur(mask, inpaint.blur);
  canvas.original = std::move(original);
}

}  // namespace

Canvas make_canvas(const StableDiffusionRequest& request,
                   int own_width,
                   int own_height,
                   int64_t factor) {
  Canvas canvas;
  std::optional<image::Image> picture;
  if (request.picture) picture = image::to_rgb(*request.picture);
  canvas.cut_width = request.width > 0 ? request.width : own_width;
  canvas.cut_height = request.height > 0 ? request.height : own_height;
  const bool only_masked = request.inpaint && request.inpaint->only_masked;
  if (request.width == 0 && picture && !only_masked) {
    canvas.cut_width = picture->width;
    canvas.cut_height = picture->height;
  }
  canvas.width = round_up(canvas.cut_width, factor);
  canvas.height = round_up(canvas.cut_height, factor);
  if (request.inpaint) {
    add_mask(request, *picture, canvas);
  } else if (picture) {
    canvas.picture = fitted(*picture, canvas);
  }
  return canvas;
}

image::Image finish_canvas(const Canvas& canvas, const image::Image& made) {
  image::Image cut = image::crop(made, 0, 0, canvas.cut_width, canvas.cut_height);
  if (!canvas.original) return cut;
  const image::Rect& area = canvas.area;
  const image::Image whole =
      image::paste(*canvas.original, image::resize(cut, area.width, area.height), area.x, area.y);
  return image::blend(*canvas.original, whole, *canvas.soft_mask);
}

}  // namespace lienzo::pipelines
