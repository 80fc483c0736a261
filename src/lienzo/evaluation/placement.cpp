#include "lienzo/evaluation/placement.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "lienzo/datasets/world/geometry.h"

namespace lienzo::evaluation {
namespace {

namespace world = datasets::world;

constexpr double kSnap =
    0.16;  // units between an estimate of the elevation and the height it may mean
constexpr double kOverSupport =
    0.45;  // units along x and z from the middle of what an object stands on

int sixteenths(double units) { return static_cast<int>(std::lround(units * world::kUnit)); }

double middle_y(const world::Box& box) { return (box.top + box.bottom) / 2; }

/// The turn of a cube or pyramid whose width fits the box.
int yaw_for(world::Object object, double width) {
  int best = 0;
  double least = 1e9;
  for (int yaw = 0; yaw < 3; ++yaw) {  // three quarters of a turn look as wide as one
    object.yaw = yaw;
    const double error = std::abs(2 * world::extent(object).half_width / world::kFrame - width);
    if (error < least) least = error, best = yaw;
  }
  return best;
}

int letters_for(world::Object object, double width) {
  int best = 1;
  double least = 1e9;
  for (int letters = 1; letters <= world::kMaxLetters; ++letters) {
    object.word.assign(static_cast<size_t>(letters), 'A');
    const double error = std::abs(2 * world::extent(object).half_width / world::kFrame - width);
    if (error < least) least = error, best = letters;
  }
  return best;
}

bool is_hollow(const world::Object& object) {
  return object.size == world::Size::kLarge &&
         (object.shape == world::Shape::kRing ||
          (object.material == world::Material::kGlass &&
           (object.shape == world::Shape::kCube || object.shape == world::Shape::kSphere ||
            object.shape == world::Shape::kCylinder)));
}

}  // namespace

int depth_at(world::Object object, const world::Box& seen) {
  object.z = 0;
  const double up = (middle_y(world::picture_box(object)) - middle_y(seen)) *
                    world::kFrame;  // screen units to move up
  return std::clamp(sixteenths(up / world::kSinPitch), world::kMinZ, world::kMaxZ);
}

std::vector<int> heights_over(const world::Object& support, const world::Object& object) {
  std::vector<int> heights = {support.elevation + sixteenths(world::extent(support).height)};
  if (is_hollow(support) && object.size == world::Size::kSmall) {
    const int inside = support.shape == world::Shape::kRing     ? 4
                       : support.shape == world::Shape::kSphere ? 3
                                                                : 0;
    heights.push_back(support.elevation + inside);
  }
  return heights;
}

std::vector<Detection> place(const std::vector<Sighting>& sightings) {
  std::vector<Detection> detections;
  for (const Sighting& sighting : sightings) {
    Detection detection;
    detection.box = sighting.box;
    detection.score = sighting.score;
    world::Object& object = detection.object;
    object.shape = sighting.shape;
    object.size = sighting.size;
    object.colour = sighting.colour;
    object.material = sighting.material;
    object.x =
        std::clamp(sixteenths(((sighting.box.left + sighting.box.right) / 2 - 0.5) * world::kFrame),
                   world::kMinX,
                   world::kMaxX);
    const double width = sighting.box.right - sighting.box.left;
    if (world::turns(object.shape)) object.yaw = yaw_for(object, width);
    if (object.shape == world::Shape::kSign) {
      object.material = world::Material::kMatte;
      object.word.assign(static_cast<size_t>(letters_for(object, width)), 'A');
    }
    detections.push_back(std::move(detection));
  }
  // From the ground up, so that what carries is placed before what it carries.
  std::vector<size_t> order(sightings.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) {
    return sightings[a].elevation < sightings[b].elevation;
  });
  for (size_t rank = 0; rank < order.size(); ++rank) {
    const Sighting& sighting = sightings[order[rank]];
    world::Object& object = detections[order[rank]].object;
    double least = std::abs(sighting.elevation);
    object.elevation = 0;
    object.z = depth_at(object, sighting.box);
    for (size_t lower = 0; lower < rank; ++lower) {
      const world::Object& support = detections[order[lower]].object;
      for (const int height : heights_over(support, object)) {
        world::Object there = object;
        there.elevation = std::clamp(height, 0, world::kMaxElevation);
        there.z = depth_at(there, sighting.box);
        const double error =
            std::abs(sighting.elevation - static_cast<double>(height) / world::kUnit);
        const double reach = kOverSupport * world::kUnit;
        const bool over =
            std::abs(there.x - support.x) <= reach && std::abs(there.z - support.z) <= reach;
        if (error < least && over) {
          least = error;
          object = there;
        }
      }
    }
    if (least <= kSnap) continue;
    object.elevation = std::clamp(sixteenths(sighting.elevation), 0, world::kMaxElevation);
    object.z = depth_at(object, sighting.box);
  }
  return detections;
}

}  // namespace lienzo::evaluation
