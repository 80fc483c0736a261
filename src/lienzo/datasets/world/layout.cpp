#include "lienzo/datasets/world/layout.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "lienzo/datasets/world/geometry.h"

namespace lienzo::datasets::world {
namespace {

constexpr int kAttempts = 80;
constexpr double kMargin = 0.015;       // of the picture, kept free around every object
constexpr double kLeastVisible = 0.42;  // of every object
constexpr double kLeastVisibleBehind = 0.30;
constexpr double kLeastVisibleSign = 0.97;  // or its word could not be read
constexpr double kClearlyVisible = 0.65;
constexpr double kSeemsNear = 0.5;  // units

int sixteenths(double units) { return static_cast<int>(std::lround(units * kUnit)); }

/// The converse that puts the supporting, right or farther object second: fewer cases to place.
RelationSpec canonical(RelationSpec r) {
  switch (r.relation) {
    case Relation::kUnder: return {Relation::kOnTopOf, r.object, r.subject};
    case Relation::kRightOf: return {Relation::kLeftOf, r.object, r.subject};
    case Relation::kBehind: return {Relation::kInFrontOf, r.object, r.subject};
    default: return r;
  }
}

bool can_contain(Shape shape) {
  return shape == Shape::kCube || shape == Shape::kSphere || shape == Shape::kCylinder ||
         shape == Shape::kRing;
}

bool can_be_contained(Shape shape) { return shape != Shape::kSign && shape != Shape::kRing; }

Material sample_material(Random& random) {
  const double u = random.uniform();
  return u < 0.84 ? Material::kMatte : u < 0.92 ? Material::kMetal : Material::kGlass;
}

Shape sample_shape(Random& random) {
  constexpr Shape kSolids[] = {
      Shape::kCube, Shape::kSphere, Shape::kCylinder, Shape::kCone, Shape::kPyramid, Shape::kRing};
  return random.chance(0.10) ? Shape::kSign : random.pick(std::span<const Shape>(kSolids));
}

// Fills in what the spec leaves open. False when the spec contradicts itself.
bool fill_attributes(const SceneSpec& spec, Random& random, Scene& scene) {
  scene.background =
      spec.background.value_or(static_cast<Background>(random.integer(0, kBackgrounds - 1)));
  scene.variant = random.integer(0, kVariants - 1);
  const size_t count = spec.objects.size();
  std::vector<bool> contained(count, false), container(count, false);
  for (const RelationSpec& r : spec.relations) {
    if (r.relation == Relation::kInside) contained[r.subject] = true, container[r.object] = true;
  }
  for (size_t i = 0; i < count; ++i) {
    const ObjectSpec& wanted = spec.objects[i];
    Object object;
    if (wanted.shape) {
      object.shape = *wanted.shape;
    } else if (wanted.word) {
      object.shape = Shape::kSign;
    } else {
      do object.shape = sample_shape(random);
      while (object.shape == Shape::kSign && (wanted.material || contained[i] || container[i]));
    }
    if (container[i] && !can_contain(object.shape)) return false;
    if (contained[i] && (container[i] || !can_be_contained(object.shape))) return false;
    const bool sign = object.shape == Shape::kSign;
    object.colour = wanted.colour.value_or(static_cast<Colour>(random.integer(0, kColours - 1)));
    object.material = sign ? Material::kMatte : wanted.material.value_or(sample_material(random));
    object.size = wanted.size.value_or(random.chance(0.6) ? Size::kLarge : Size::kSmall);
    if (container[i]) {
      if (wanted.size == Size::kSmall) return false;
      object.size = Size::kLarge;
      if (object.shape != Shape::kRing) {
        if (wanted.material && wanted.material != Material::kGlass) return false;
        object.material = Material::kGlass;
      }
    }
    if (contained[i]) {
      if (wanted.size == Size::kLarge || wanted.material == Material::kGlass) return false;
      object.size = Size::kSmall;
      if (object.material == Material::kGlass) object.material = Material::kMatte;
    }
    if (sign) object.word = wanted.word ? *wanted.word : sample_word(random);
    if (turns(object.shape)) object.yaw = random.integer(0, kYaws - 1);
    scene.objects.push_back(object);
  }
  return true;
}

void place_on_ground(Object& object, Random& random) {
  const int half = sixteenths(extent(object).half_width);
  const int room = std::max(0, kMaxX - half);
  // The sum of two dice: compositions gather around the middle but reach the edges.
  object.x = (random.integer(-room, room) + random.integer(-room, room)) / 2;
  object.z = (random.integer(0, 34) + random.integer(0, 34)) / 2;
  object.elevation = 0;
}

/// Whether the subject of a canonical relation is carried by its object.
bool is_carried(const RelationSpec& r) {
  return r.relation == Relation::kOnTopOf || r.relation == Relation::kInside;
}

// Places the subject of a canonical relation next to its already placed object. What is beside,
// in front of or behind something raised stands on the ground: nothing floats.
void place_subject(Scene& scene, const RelationSpec& r, Random& random) {
  Object& a = scene.objects[r.subject];
  const Object& b = scene.objects[r.object];
  const Extent ea = extent(a), eb = extent(b);
  const int reach = sixteenths(ea.half_width + eb.half_width);
  switch (r.relation) {
    case Relation::kOnTopOf: {
      const bool flat = b.shape == Shape::kCube || b.shape == Shape::kCylinder;
      const int slack = flat ? 2 : 0;
      a.x = b.x + random.integer(-slack, slack);
      a.z = b.z + (flat ? random.integer(-1, 1) : 0);
      a.elevation = b.elevation + sixteenths(eb.height);
      break;
    }
    case Relation::kLeftOf:
      a.x = b.x - reach - random.integer(1, 14);
      a.z = b.z + random.integer(-6, 6);
      a.elevation = 0;
      break;
    case Relation::kInFrontOf:
      a.z = b.z - sixteenths(ea.half_depth + eb.half_depth) - random.integer(2, 14);
      a.x = b.x + random.integer(-reach * 6 / 10, reach * 6 / 10);
      a.elevation = 0;
      break;
    case Relation::kInside:
      a.x = b.x + random.integer(-1, 1);
      a.z = b.z;
      a.elevation = b.elevation + (b.shape == Shape::kRing ? 4 : b.shape == Shape::kSphere ? 3 : 0);
      break;
    default: break;
  }
}

// The other way round: the subject stands, its object is placed.
void place_object(Scene& scene, const RelationSpec& r, Random& random) {
  Object& b = scene.objects[r.object];
  const Object a = scene.objects[r.subject];
  place_on_ground(b, random);
  place_subject(
      scene,
      r,
      random);  // places the subject against the object; shift both so that it is where it was
  const Object& moved = scene.objects[r.subject];
  b.x += a.x - moved.x;
  b.z += a.z - moved.z;
  b.elevation = is_carried(r) ? b.elevation + a.elevation - moved.elevation : 0;
  scene.objects[r.subject] = a;
}

void place_between(Scene& scene, const RelationSpec& r, std::vector<bool>& placed, Random& random) {
  Object& a = scene.objects[r.subject];
  Object& b = scene.objects[r.object];
  Object& c = scene.objects[r.second];
  if (!placed[r.subject]) place_on_ground(a, random);
  const int side = random.chance(0.5) ? 1 : -1;
  const auto put = [&](Object& other, int direction) {
    other.x = a.x + direction * (sixteenths(extent(a).half_width + extent(other).half_width) +
                                 random.integer(1, 8));
    other.z = a.z + random.integer(-4, 4);
    other.elevation = 0;
  };
  if (!placed[r.object]) put(b, side);
  if (!placed[r.second]) put(c, b.x > a.x ? -1 : 1);
  placed[r.subject] = placed[r.object] = placed[r.second] = true;
}

// Places what a canonical relation of two names.
void place_pair(Scene& scene, const RelationSpec& r, std::vector<bool>& placed, Random& random) {
  if (!placed[r.subject] && placed[r.object]) {
    place_subject(scene, r, random);
  } else if (placed[r.subject] && !placed[r.object]) {
    place_object(scene, r, random);
  } else if (!placed[r.subject]) {
    place_on_ground(scene.objects[r.object], random);
    place_subject(scene, r, random);
  }
  placed[r.subject] = placed[r.object] = true;
}

// Something put under what stood on the ground is now in it: lifts such towers.
void lift_towers(const std::vector<RelationSpec>& carried, Scene& scene) {
  std::vector<int> tower(scene.objects.size());
  std::iota(tower.begin(), tower.end(), 0);
  for (const RelationSpec& r : carried) {
    const int from = tower[r.subject], to = tower[r.object];
    std::replace(tower.begin(), tower.end(), from, to);
  }
  std::vector<int> lowest(tower.size(), 0);
  for (size_t i = 0; i < tower.size(); ++i)
    lowest[tower[i]] = std::min(lowest[tower[i]], scene.objects[i].elevation);
  for (size_t i = 0; i < tower.size(); ++i) scene.objects[i].elevation -= lowest[tower[i]];
}

// Towers first, then what is beside them.
void place_all(const SceneSpec& spec, Scene& scene, Random& random) {
  std::vector<RelationSpec> carried, beside;
  for (const RelationSpec& given : spec.relations) {
    const RelationSpec r = canonical(given);
    (is_carried(r) ? carried : beside).push_back(r);
  }
  std::vector<bool> placed(scene.objects.size(), false);
  for (const RelationSpec& r : carried) place_pair(scene, r, placed, random);
  lift_towers(carried, scene);
  for (const RelationSpec& r : beside) {
    if (r.relation == Relation::kBetween)
      place_between(scene, r, placed, random);
    else
      place_pair(scene, r, placed, random);
  }
  for (size_t i = 0; i < placed.size(); ++i) {
    if (!placed[i]) place_on_ground(scene.objects[i], random);
  }
}

bool in_frame(const Object& object) {
  if (object.x < kMinX || object.x > kMaxX || object.z < kMinZ || object.z > kMaxZ) return false;
  if (object.elevation < 0 || object.elevation > kMaxElevation) return false;
  const Box box = picture_box(object);
  return box.left >= kMargin && box.right <= 1 - kMargin && box.top >= kMargin &&
         box.bottom <= 1 - kMargin;
}

bool collide(const Scene& scene, int i, int j) {
  const Object &a = scene.objects[i], &b = scene.objects[j];
  const Extent ea = extent(a), eb = extent(b);
  const auto apart = [](int p, int q, double reach) { return std::abs(p - q) >= reach * kUnit; };
  if (apart(a.x, b.x, ea.half_width + eb.half_width) ||
      apart(a.z, b.z, ea.half_depth + eb.half_depth))
    return false;
  const int top_a = a.elevation + sixteenths(ea.height),
            top_b = b.elevation + sixteenths(eb.height);
  if (a.elevation >= top_b || b.elevation >= top_a) return false;
  return !holds(scene, {Relation::kInside, i, j}) && !holds(scene, {Relation::kInside, j, i});
}

// Least visible fraction of an object that something stands in front of on purpose, or not.
bool is_visible(const Scene& scene, const std::vector<bool>& behind) {
  const std::vector<double> visible = visible_fractions(scene);
  for (size_t i = 0; i < visible.size(); ++i) {
    const bool sign = scene.objects[i].shape == Shape::kSign;
    if (visible[i] < (sign ? kLeastVisibleSign : behind[i] ? kLeastVisibleBehind : kLeastVisible))
      return false;
  }
  return true;
}

bool stands(const Scene& scene) {
  const int count = static_cast<int>(scene.objects.size());
  for (int i = 0; i < count; ++i) {
    if (!in_frame(scene.objects[i]) || !is_supported(scene, i)) return false;
  }
  for (int i = 0; i < count; ++i) {
    for (int j = i + 1; j < count; ++j) {
      if (collide(scene, i, j)) return false;
    }
  }
  return true;
}

bool is_sound(const SceneSpec& spec, const Scene& scene) {
  if (!stands(scene)) return false;
  std::vector<bool> behind(scene.objects.size(), false);
  for (const RelationSpec& r : spec.relations) {
    if (!holds(scene, r)) return false;
    const RelationSpec c = canonical(r);
    if (c.relation == Relation::kInFrontOf) behind[c.object] = true;
  }
  return is_visible(scene, behind);
}

/// Whether `upper` is seen about where it would be if it stood on `lower`, but does not.
bool seems_on_top(const Scene& scene, int upper, int lower) {
  if (holds(scene, {Relation::kOnTopOf, upper, lower})) return false;
  const Object &a = scene.objects[upper], &b = scene.objects[lower];
  const double rise = (b.elevation - a.elevation) / static_cast<double>(kUnit) + extent(b).height;
  // As high on the screen as before; see screen_up().
  const double nearer = rise * kCosPitch / kSinPitch;
  const double across = std::abs(a.x - b.x) / static_cast<double>(kUnit);
  const double along = (a.z - b.z) / static_cast<double>(kUnit);
  return along > 0 && across <= kSeemsNear && std::abs(along - nearer) <= kSeemsNear;
}

}  // namespace

bool is_supported(const Scene& scene, int i) {
  if (scene.objects.at(i).elevation == 0) return true;
  for (int k = 0; k < static_cast<int>(scene.objects.size()); ++k) {
    if (k != i &&
        (holds(scene, {Relation::kOnTopOf, i, k}) || holds(scene, {Relation::kInside, i, k})))
      return true;
  }
  return false;
}

bool is_clear(const Scene& scene) {
  for (const double visible : visible_fractions(scene)) {
    if (visible < kClearlyVisible) return false;
  }
  const int count = static_cast<int>(scene.objects.size());
  for (int i = 0; i < count; ++i) {
    for (int j = 0; j < count; ++j) {
      if (i != j && seems_on_top(scene, i, j)) return false;
    }
  }
  return true;
}

bool is_physical(const Scene& scene) {
  return stands(scene) && is_visible(scene, std::vector<bool>(scene.objects.size(), true));
}

std::optional<Scene> sample_scene(const SceneSpec& spec, Random& random) {
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    Scene scene;
    if (!fill_attributes(spec, random, scene)) continue;
    place_all(spec, scene, random);
    if (is_sound(spec, scene)) return scene;
  }
  return std::nullopt;
}

}  // namespace lienzo::datasets::world
