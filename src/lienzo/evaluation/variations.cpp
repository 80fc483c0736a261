#include "lienzo/evaluation/variations.h"

#include <algorithm>
#include <cmath>

#include "lienzo/datasets/world/geometry.h"
#include "lienzo/evaluation/placement.h"

namespace lienzo::evaluation {
namespace {

namespace world = datasets::world;

constexpr double kSamePlace = 0.01;  // of the picture

void add(std::vector<world::Object>& list, const world::Object& other, const world::Object& than) {
  if (!(other == than) && std::find(list.begin(), list.end(), other) == list.end())
    list.push_back(other);
}

}  // namespace

std::vector<world::Object> other_looks(const world::Object& object) {
  std::vector<world::Object> list;
  const int materials = object.shape == world::Shape::kSign ? 1 : world::kMaterials;
  for (int material = 0; material < materials; ++material) {
    for (int colour = 0; colour < world::kColours; ++colour) {
      world::Object other = object;
      other.material = static_cast<world::Material>(material);
      other.colour = static_cast<world::Colour>(colour);
      add(list, other, object);
    }
  }
  return list;
}

std::vector<world::Object> other_turns(const world::Object& object) {
  std::vector<world::Object> list;
  const world::Box box = world::picture_box(object);
  for (int yaw = 0; world::turns(object.shape) && yaw < world::kYaws; ++yaw) {
    world::Object other = object;
    other.yaw = yaw;
    other.z = depth_at(other, box);
    add(list, other, object);
  }
  return list;
}

std::vector<world::Object> other_solids(const world::Object& object) {
  std::vector<world::Object> list;
  const world::Box box = world::picture_box(object);
  const bool sign = object.shape == world::Shape::kSign;
  for (int shape = 0; shape < world::kShapes; ++shape) {
    const auto kind = static_cast<world::Shape>(shape);
    if ((kind == world::Shape::kSign) != sign) continue;
    for (int size = 0; size < world::kSizes; ++size) {
      for (int yaw = 0; yaw < (world::turns(kind) ? world::kYaws : 1); ++yaw) {
        world::Object other = object;
        other.shape = kind;
        other.size = static_cast<world::Size>(size);
        other.yaw = yaw;
        other.z = depth_at(other, box);
        add(list, other, object);
        const world::Box there = world::picture_box(other);
        const double lower = (there.bottom - box.bottom) * world::kFrame / world::kSinPitch;
        other.z = std::clamp(
            other.z + static_cast<int>(lower * world::kUnit), world::kMinZ, world::kMaxZ);
        add(list, other, object);
      }
    }
  }
  return list;
}

std::vector<world::Object> other_heights(const world::Scene& scene, size_t index) {
  std::vector<world::Object> list;
  const world::Object& object = scene.objects[index];
  const world::Box box = world::picture_box(object);
  std::vector<int> heights = {0};
  for (size_t i = 0; i < scene.objects.size(); ++i) {
    if (i == index) continue;
    const std::vector<int> more = heights_over(scene.objects[i], object);
    heights.insert(heights.end(), more.begin(), more.end());
  }
  // What carries it may not have been found.
  for (int shape = 0; shape < world::kShapes; ++shape) {
    for (int size = 0; size < world::kSizes; ++size) {
      world::Object support;
      support.shape = static_cast<world::Shape>(shape);
      support.size = static_cast<world::Size>(size);
      heights.push_back(
          static_cast<int>(std::lround(world::extent(support).height * world::kUnit)));
    }
  }
  for (const int height : heights) {
    world::Object other = object;
    other.elevation = std::clamp(height, 0, world::kMaxElevation);
    other.z = depth_at(other, box);
    // Nothing is nearer or farther than the world.
    if (std::abs(world::picture_box(other).bottom - box.bottom) > kSamePlace) continue;
    add(list, other, object);
  }
  return list;
}

}  // namespace lienzo::evaluation
