#pragma once

#include <vector>

#include "lienzo/datasets/world/scene.h"
#include "lienzo/image/image.h"

namespace lienzo::evaluation {

/// A rectangle of a comparison, in its pixels; empty until something is included.
struct Part {
  int left, top, right = 0, bottom = 0;
};

/// How unlike a picture the drawing of a scene is.
class DrawingError {
 public:
  /// `picture` is square RGB of any size; it is compared at kSide x kSide pixels.
  explicit DrawingError(const image::Image& picture);

  /// Sum over the pixels of the part of the squared difference of the channels (0..1), each pixel
  /// counting kMostPerPixel at most, so that a few odd ones do not decide.
  double operator()(const datasets::world::Scene& scene, const Part& part) const;
  /// The same at half the resolution, edges drawn hard: comparable with other rough errors of the
  /// same part only, and many times faster.
  double rough(const datasets::world::Scene& scene, const Part& part) const;
  /// Of the whole picture.
  double operator()(const datasets::world::Scene& scene) const;
  /// Of another drawing of the same side.
  double of(const image::Image& drawing) const;
  /// Per pixel, rows from the top: kSide x kSide.
  std::vector<double> map(const datasets::world::Scene& scene) const;

  static constexpr int kSide = 96;
  static constexpr double kMostPerPixel = 0.12;
  static constexpr Part kNothing = {kSide, kSide};

  /// Widens the part by the object and most of its shadow, which falls to the right.
  static void include(Part& part, const datasets::world::Object& object);

 private:
  image::Image picture_;
  image::Image half_;
};

}  // namespace lienzo::evaluation
