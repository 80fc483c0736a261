#include "lienzo/datasets/world/scene.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "lienzo/datasets/world/geometry.h"

namespace lienzo::datasets::world {
namespace {

struct Dimensions {  // in sixteenths of a unit: {small, large}
  double half_width[2];
  double height[2];
};

// Indexed by Shape; the sign's width depends on its word and is computed apart.
constexpr Dimensions kDimensions[kShapes] = {
    {{4.0, 6.5}, {8, 13}},    // cube: half a side
    {{4.5, 7.5}, {9, 15}},    // sphere: radius
    {{4.0, 6.5}, {9, 15}},    // cylinder: radius
    {{4.5, 7.5}, {10, 16}},   // cone: radius of the base
    {{4.5, 7.0}, {10, 16}},   // pyramid: half a side of the base
    {{6.0, 10.0}, {12, 20}},  // ring: outer radius
    {{0.0, 0.0}, {10, 14}},   // sign
};

double unit(double sixteenths) { return sixteenths / kUnit; }

// What a cube or pyramid turned by yaw spans along x and z, relative to half a side.
double yaw_spread(const Object& object) {
  if (!turns(object.shape)) return 1.0;
  const double angle = object.yaw * kYawStep;
  return std::abs(std::cos(angle)) + std::abs(std::sin(angle));
}

bool within(double value, double low, double high) { return value >= low && value <= high; }

// Whether `point` (picture coordinates) is covered by the object's silhouette, approximated by its
// box narrowed for pointed and round shapes.
bool covers(const Object& object, const Box& box, double px, double py) {
  if (!within(px, box.left, box.right) || !within(py, box.top, box.bottom)) return false;
  const double u = std::abs((px - box.left) / (box.right - box.left) * 2 - 1);
  const double v = (py - box.top) / (box.bottom - box.top);
  switch (object.shape) {
    case Shape::kCone:
    case Shape::kPyramid: return u <= v * 1.15;
    case Shape::kSphere: return u * u + (v * 2 - 1) * (v * 2 - 1) <= 1;
    case Shape::kRing: {
      const double radius = std::sqrt(u * u + (v * 2 - 1) * (v * 2 - 1));
      return radius <= 1 && radius >= 0.6;
    }
    default: return true;
  }
}

}  // namespace

bool turns(Shape shape) { return shape == Shape::kCube || shape == Shape::kPyramid; }

Extent extent(const Object& object) {
  const int size = static_cast<int>(object.size);
  const Dimensions& dimensions = kDimensions[static_cast<int>(object.shape)];
  Extent result;
  result.height = unit(dimensions.height[size]);
  if (object.shape == Shape::kSign) {
    const SignGeometry sign = sign_geometry(object);
    result.half_width = sign.half_width;
    result.half_depth = kSignHalfDepth;
    return result;
  }
  const double half = unit(dimensions.half_width[size]);
  result.half_width = half * yaw_spread(object);
  result.half_depth = object.shape == Shape::kRing ? ring_tube(object) : result.half_width;
  return result;
}

double half_side(const Object& object) {
  return unit(
      kDimensions[static_cast<int>(object.shape)].half_width[static_cast<int>(object.size)]);
}

double ring_tube(const Object& object) {
  return object.size == Size::kLarge ? 2.0 / kUnit : 1.25 / kUnit;
}

SignGeometry sign_geometry(const Object& object) {
  const bool large = object.size == Size::kLarge;
  const auto letters = static_cast<double>(std::max<size_t>(object.word.size(), 1));
  SignGeometry sign;
  sign.cell = large ? 0.30 : 0.22;
  sign.half_width = (letters * sign.cell + (large ? 0.22 : 0.16)) / 2;
  sign.board_bottom = large ? 5.0 / kUnit : 4.0 / kUnit;
  sign.board_top = large ? 14.0 / kUnit : 10.0 / kUnit;
  sign.letter_height = large ? 0.40 : 0.28;
  return sign;
}

Box picture_box(const Object& object) {
  const Extent e = extent(object);
  const double x = unit(object.x), z = unit(object.z), y = unit(object.elevation);
  const double half_depth = object.shape == Shape::kSphere ? 0 : e.half_depth;
  double top = screen_up(y + e.height, z + half_depth);
  double bottom = screen_up(y, z - half_depth);
  if (object.shape == Shape::kSphere) {
    const double middle = screen_up(y + e.height / 2, z);
    top = middle + e.height / 2;
    bottom = middle - e.height / 2;
  } else if (object.shape == Shape::kCone || object.shape == Shape::kPyramid) {
    top = std::max(screen_up(y + e.height, z), screen_up(y, z + half_depth));
  }
  return {to_picture_x(x - e.half_width),
          to_picture_y(top),
          to_picture_x(x + e.half_width),
          to_picture_y(bottom)};
}

std::vector<Box> letter_boxes(const Object& object) {
  std::vector<Box> boxes;
  if (object.shape != Shape::kSign) return boxes;
  const SignGeometry sign = sign_geometry(object);
  const double front = unit(object.z) - kSignHalfDepth;
  const double middle = unit(object.elevation) + (sign.board_bottom + sign.board_top) / 2;
  const double left = unit(object.x) - sign.cell * static_cast<double>(object.word.size()) / 2;
  for (size_t i = 0; i < object.word.size(); ++i) {
    const double x = left + sign.cell * static_cast<double>(i);
    boxes.push_back({to_picture_x(x),
                     to_picture_y(screen_up(middle + sign.letter_height / 2, front)),
                     to_picture_x(x + sign.cell),
                     to_picture_y(screen_up(middle - sign.letter_height / 2, front))});
  }
  return boxes;
}

std::vector<int> back_to_front(const Scene& scene) {
  const int count = static_cast<int>(scene.objects.size());
  std::vector<double> depth(count);
  for (int i = 0; i < count; ++i) {
    const Object& object = scene.objects[i];
    depth[i] = unit(object.z) * kCosPitch - unit(object.elevation) * kSinPitch;
    for (int j = 0; j < count; ++j) {
      // What stands inside is drawn before the glass around it.
      if (j != i && object.shape != Shape::kRing && holds(scene, {Relation::kInside, j, i}))
        depth[i] -= 0.3;
    }
  }
  std::vector<int> order(count);
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(), [&](int a, int b) { return depth[a] > depth[b]; });
  return order;
}

bool holds(const Scene& scene, const RelationSpec& relation) {
  const Object& a = scene.objects.at(relation.subject);
  const Object& b = scene.objects.at(relation.object);
  const Extent ea = extent(a), eb = extent(b);
  const double dx = unit(b.x - a.x), dz = unit(b.z - a.z), dy = unit(a.elevation - b.elevation);
  const double reach = ea.half_width + eb.half_width;
  const auto swapped = [&](Relation converse) {
    return holds(scene, {converse, relation.object, relation.subject});
  };
  const bool on_top = std::abs(dy - eb.height) <= 0.2 && std::abs(dx) <= 0.4 && std::abs(dz) <= 0.3;
  switch (relation.relation) {
    case Relation::kOnTopOf: return on_top;
    case Relation::kUnder: return swapped(Relation::kOnTopOf);
    case Relation::kLeftOf:
      return dx >= 0.55 * reach && std::abs(dz) <= std::max(0.8, dx) && !on_top &&
             !swapped(Relation::kOnTopOf);
    case Relation::kRightOf: return swapped(Relation::kLeftOf);
    case Relation::kInFrontOf: return dz >= 0.35 && std::abs(dx) <= 0.75 * reach;
    case Relation::kBehind: return swapped(Relation::kInFrontOf);
    case Relation::kInside: {
      const bool hollow =
          b.shape == Shape::kRing ||
          (b.material == Material::kGlass &&
           (b.shape == Shape::kCube || b.shape == Shape::kSphere || b.shape == Shape::kCylinder));
      return hollow && a.size == Size::kSmall && b.size == Size::kLarge && std::abs(dx) <= 0.2 &&
             std::abs(dz) <= 0.25 && within(dy, -0.05, 0.4);
    }
    case Relation::kBetween: {
      const Object& c = scene.objects.at(relation.second);
      const double to_b = unit(b.x - a.x), to_c = unit(c.x - a.x);
      return to_b * to_c < 0 && std::min(std::abs(to_b), std::abs(to_c)) >= 0.3 &&
             std::abs(unit(b.z - a.z)) <= 0.8 && std::abs(unit(c.z - a.z)) <= 0.8;
    }
  }
  return false;
}

std::vector<double> visible_fractions(const Scene& scene) {
  constexpr int kSamples = 8;
  const std::vector<int> order = back_to_front(scene);
  std::vector<Box> boxes;
  for (const Object& object : scene.objects) boxes.push_back(picture_box(object));
  std::vector<double> fractions(scene.objects.size(), 0.0);
  for (size_t rank = 0; rank < order.size(); ++rank) {
    const Box& box = boxes[order[rank]];
    int inside = 0, visible = 0;
    for (int i = 0; i < kSamples * kSamples; ++i) {
      const int column = i % kSamples, row = i / kSamples;
      const double px = box.left + (box.right - box.left) * (column + 0.5) / kSamples;
      const double py = box.top + (box.bottom - box.top) * (row + 0.5) / kSamples;
      if (!covers(scene.objects[order[rank]], box, px, py)) continue;
      ++inside;
      bool hidden = !within(px, 0.0, 1.0) || !within(py, 0.0, 1.0);
      for (size_t nearer = rank + 1; nearer < order.size() && !hidden; ++nearer) {
        const Object& other = scene.objects[order[nearer]];
        hidden = other.material != Material::kGlass && covers(other, boxes[order[nearer]], px, py);
      }
      visible += hidden ? 0 : 1;
    }
    fractions[order[rank]] = inside > 0 ? static_cast<double>(visible) / inside : 0.0;
  }
  return fractions;
}

}  // namespace lienzo::datasets::world
