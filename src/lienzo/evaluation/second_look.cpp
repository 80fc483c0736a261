#include "lienzo/evaluation/second_look.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "lienzo/datasets/world/renderer.h"
#include "lienzo/image/resize.h"

namespace lienzo::evaluation {
namespace {

namespace world = datasets::world;

constexpr int kSide = 96;  // pixels of the drawings
// Errors are sums over pixels and channels of squared differences (0..1).
constexpr double kMostPerPixel = 0.12;  // of one pixel, so that a few odd ones do not decide
constexpr double kBetter = 0.97;        // of the error, for an alternative to be believed
constexpr double kSure = 0.8;           // score
constexpr double kWorth = 0.1;          // by which a doubtful object must lower the error
constexpr int kSweeps = 2;
constexpr size_t kFinalists = 4;  // alternatives that are moved to their best place
constexpr int kSettleSteps = 4;

/// A part of the picture, in pixels.
struct Part {
  int left = kSide, top = kSide, right = 0, bottom = 0;

  // The object and most of its shadow, which falls to the right.
  void include(const world::Object& object) {
    const world::Box box = world::picture_box(object);
    const auto pixel = [](double share, int extra) {
      return std::clamp(static_cast<int>(std::lround(share * kSide)) + extra, 0, kSide);
    };
    left = std::min(left, std::min(pixel(box.left, -2), kSide - 1));
    top = std::min(top, std::min(pixel(box.top, -2), kSide - 1));
    right = std::max(right, std::max(pixel(box.right, 6), left + 1));
    bottom = std::max(bottom, std::max(pixel(box.bottom, 2), top + 1));
  }
};

/// Between a drawing of the part and that part of the picture.
double difference(const image::Image& drawn, const image::Image& picture, const Part& part) {
  double sum = 0;
  for (int y = 0; y < drawn.height; ++y) {
    const uint8_t *got = drawn.at(0, y), *wanted = picture.at(part.left, part.top + y);
    for (int x = 0; x < drawn.width; ++x, got += 3, wanted += 3) {
      double pixel = 0;
      for (int c = 0; c < 3; ++c) {
        const double step = (got[c] - wanted[c]) / 255.0;
        pixel += step * step;
      }
      sum += std::min(pixel, kMostPerPixel);
    }
  }
  return sum;
}

double error_of(const world::Scene& scene, const image::Image& picture, const Part& part) {
  return difference(
      world::render_part(
          scene, kSide, part.left, part.top, part.right - part.left, part.bottom - part.top),
      picture,
      part);
}

struct EmptyWorld {
  world::Scene scene;
  image::Image picture;
};

const std::vector<EmptyWorld>& empty_worlds() {
  static const std::vector<EmptyWorld> worlds = [] {
    std::vector<EmptyWorld> all;
    for (int background = 0; background < world::kBackgrounds; ++background) {
      for (int variant = 0; variant < world::kVariants; ++variant) {
        EmptyWorld empty;
        empty.scene.background = static_cast<world::Background>(background);
        empty.scene.variant = variant;
        empty.picture = world::render(empty.scene, kSide);
        all.push_back(std::move(empty));
      }
    }
    return all;
  }();
  return worlds;
}

/// The background most like the picture: objects cover little of it, and no pixel counts much.
void choose_background(const image::Image& picture, world::Scene& scene) {
  constexpr Part kWhole = {0, 0, kSide, kSide};
  double least = 1e30;
  for (const EmptyWorld& empty : empty_worlds()) {
    const double error = difference(empty.picture, picture, kWhole);
    if (error >= least) continue;
    least = error;
    scene.background = empty.scene.background;
    scene.variant = empty.scene.variant;
  }
}

/// Moves `object` of the scene, sixteenth by sixteenth, to where the drawing is most like the
/// picture; returns the error there.
double settle(const image::Image& picture,
              const world::Scene& scene,
              world::Object& object,
              const Part& part) {
  constexpr std::array<std::pair<int, int>, 6> kMoves = {
      {{1, 0}, {-1, 0}, {0, 1}, {0, -1}, {0, 2}, {0, -2}}};
  double least = error_of(scene, picture, part);
  for (int step = 0; step < kSettleSteps; ++step) {
    const world::Object before = object;
    world::Object best = object;
    for (const auto& [dx, dz] : kMoves) {
      object.x = std::clamp(before.x + dx, world::kMinX, world::kMaxX);
      object.z = std::clamp(before.z + dz, world::kMinZ, world::kMaxZ);
      const double error = error_of(scene, picture, part);
      if (error < least) least = error, best = object;
    }
    object = best;
    if (object == before) break;
  }
  return least;
}

/// Puts the best alternative in the place of `object`; true when that is another one. What looks
/// best where it was first put is moved to its own best place before it is compared: another shape
/// has its middle elsewhere.
bool choose_object(const image::Image& picture,
                   const std::vector<world::Object>& alternatives,
                   world::Scene& scene,
                   world::Object& object) {
  Part part;
  part.include(object);
  for (const world::Object& other : alternatives) part.include(other);
  const world::Object before = object;
  std::vector<std::pair<double, world::Object>> candidates;
  bool shapes_differ = false;
  for (const world::Object& other : alternatives) {
    if (other == before) continue;
    object = other;
    candidates.emplace_back(error_of(scene, picture, part), other);
    shapes_differ = shapes_differ || other.shape != before.shape;
  }
  std::stable_sort(candidates.begin(), candidates.end(), [](const auto& a, const auto& b) {
    return a.first < b.first;
  });
  candidates.resize(std::min(candidates.size(), kFinalists));
  object = before;
  double least =
      shapes_differ ? settle(picture, scene, object, part) : error_of(scene, picture, part);
  least *= kBetter;
  world::Object best = object;
  for (auto& [error, other] : candidates) {
    object = other;
    if (shapes_differ) error = settle(picture, scene, object, part);
    if (error < least) least = error, best = object;
  }
  object = best;
  return !(best == before);
}

/// How much better the picture is explained with object i than without.
double worth(const image::Image& picture, const world::Scene& scene, size_t i) {
  Part part;
  part.include(scene.objects[i]);
  world::Scene without = scene;
  without.objects.erase(without.objects.begin() + static_cast<std::ptrdiff_t>(i));
  return error_of(without, picture, part) - error_of(scene, picture, part);
}

/// Takes away what need not be there, the least certain first.
void prune(const image::Image& picture,
           world::Scene& scene,
           std::vector<Detection>& detections,
           std::vector<std::vector<world::Object>>& alternatives) {
  for (size_t i = scene.objects.size(); i-- > 0;) {
    if (detections[i].score >= kSure || worth(picture, scene, i) >= kWorth) continue;
    const auto at = static_cast<std::ptrdiff_t>(i);
    scene.objects.erase(scene.objects.begin() + at);
    detections.erase(detections.begin() + at);
    alternatives.erase(alternatives.begin() + at);
  }
}

}  // namespace

void second_look(const image::Image& picture,
                 std::vector<std::vector<world::Object>> alternatives,
                 SceneReading& reading) {
  const image::Image small =
      picture.width == kSide ? picture : image::resize(picture, kSide, kSide);
  world::Scene scene = scene_of(reading);
  choose_background(small, scene);
  reading.background = scene.background;
  prune(small, scene, reading.detections, alternatives);
  for (int sweep = 0; sweep < kSweeps; ++sweep) {
    bool changed = false;
    for (size_t i = 0; i < scene.objects.size(); ++i) {
      if (alternatives[i].empty()) continue;
      changed = choose_object(small, alternatives[i], scene, scene.objects[i]) || changed;
    }
    if (!changed) break;
  }
  prune(small, scene, reading.detections, alternatives);
  for (size_t i = 0; i < scene.objects.size(); ++i) {
    reading.detections[i].object = scene.objects[i];
    reading.detections[i].box = world::picture_box(scene.objects[i]);
  }
}

}  // namespace lienzo::evaluation
