#include "lienzo/evaluation/drawing_error.h"

#include <algorithm>
#include <cmath>

#include "lienzo/datasets/world/renderer.h"
#include "lienzo/image/resize.h"

namespace lienzo::evaluation {
namespace {

namespace world = datasets::world;

double pixel_error(const uint8_t* got, const uint8_t* wanted) {
  double sum = 0;
  for (int c = 0; c < 3; ++c) {
    const double step = (got[c] - wanted[c]) / 255.0;
    sum += step * step;
  }
  return std::min(sum, DrawingError::kMostPerPixel);
}

/// Between a drawing of a part that begins at (left, top) and that part of the picture.
double sum_of_errors(const image::Image& drawn, const image::Image& picture, int left, int top) {
  double sum = 0;
  for (int y = 0; y < drawn.height; ++y) {
    const uint8_t *got = drawn.at(0, y), *wanted = picture.at(left, top + y);
    for (int x = 0; x < drawn.width; ++x, got += 3, wanted += 3) sum += pixel_error(got, wanted);
  }
  return sum;
}

}  // namespace

DrawingError::DrawingError(const image::Image& picture)
    : picture_(picture.width == kSide ? picture : image::resize(picture, kSide, kSide)),
      half_(image::resize(picture_, kSide / 2, kSide / 2)) {}

double DrawingError::operator()(const world::Scene& scene, const Part& part) const {
  return sum_of_errors(
      world::render_part(
          scene, kSide, part.left, part.top, part.right - part.left, part.bottom - part.top),
      picture_,
      part.left,
      part.top);
}

double DrawingError::rough(const world::Scene& scene, const Part& part) const {
  const int left = part.left / 2, top = part.top / 2;
  return sum_of_errors(world::render_part(scene,
                                          kSide / 2,
                                          left,
                                          top,
                                          (part.right + 1) / 2 - left,
                                          (part.bottom + 1) / 2 - top,
                                          world::Edges::kHard),
                       half_,
                       left,
                       top);
}

double DrawingError::operator()(const world::Scene& scene) const {
  return of(world::render(scene, kSide));
}

double DrawingError::of(const image::Image& drawing) const {
  return sum_of_errors(drawing, picture_, 0, 0);
}

std::vector<double> DrawingError::map(const world::Scene& scene) const {
  const image::Image drawn = world::render(scene, kSide);
  std::vector<double> errors;
  errors.reserve(static_cast<size_t>(kSide) * kSide);
  for (int y = 0; y < kSide; ++y) {
    for (int x = 0; x < kSide; ++x)
      errors.push_back(pixel_error(drawn.at(x, y), picture_.at(x, y)));
  }
  return errors;
}

void DrawingError::include(Part& part, const world::Object& object) {
  const world::Box box = world::picture_box(object);
  const auto pixel = [](double share, int extra) {
    return std::clamp(static_cast<int>(std::lround(share * kSide)) + extra, 0, kSide);
  };
  part.left = std::min(part.left, std::min(pixel(box.left, -2), kSide - 1));
  part.top = std::min(part.top, std::min(pixel(box.top, -2), kSide - 1));
  part.right = std::max(part.right, std::max(pixel(box.right, 6), part.left + 1));
  part.bottom = std::max(part.bottom, std::max(pixel(box.bottom, 2), part.top + 1));
}

}  // namespace lienzo::evaluation
