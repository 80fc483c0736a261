#include "lienzo/datasets/world/solids.h"

#include <algorithm>
#include <array>
#include <limits>

#include "lienzo/datasets/world/geometry.h"

namespace lienzo::datasets::world {
namespace {

constexpr float kFar = std::numeric_limits<float>::max();
constexpr float kPostHalf = 0.045f;

Vec3 to_local(const Solid& s, Vec3 v) {
  return {v.x * s.cosine - v.z * s.sine, v.y, v.x * s.sine + v.z * s.cosine};
}
Vec3 to_world(const Solid& s, Vec3 v) {
  return {v.x * s.cosine + v.z * s.sine, v.y, -v.x * s.sine + v.z * s.cosine};
}

struct Candidate {
  float t = kFar;
  Vec3 normal;
  void offer(float distance, float beyond, Vec3 n) {
    if (distance > beyond && distance < t) {
      t = distance;
      normal = n;
    }
  }
};

// Slab test; both faces are offered, so glass shows its far side.
void hit_box(Vec3 o, Vec3 d, Vec3 low, Vec3 high, float beyond, Candidate& best) {
  float enter = -kFar, leave = kFar;
  Vec3 enter_normal, leave_normal;
  const std::array<float, 3> origin = {o.x, o.y, o.z}, direction = {d.x, d.y, d.z};
  const std::array<float, 3> lows = {low.x, low.y, low.z}, highs = {high.x, high.y, high.z};
  for (int axis = 0; axis < 3; ++axis) {
    if (std::abs(direction[axis]) < 1e-7f) {
      if (origin[axis] < lows[axis] || origin[axis] > highs[axis]) return;
      continue;
    }
    float t0 = (lows[axis] - origin[axis]) / direction[axis];
    float t1 = (highs[axis] - origin[axis]) / direction[axis];
    const float sign = t0 < t1 ? -1.0f : 1.0f;
    if (t0 > t1) std::swap(t0, t1);
    const Vec3 n = {axis == 0 ? sign : 0, axis == 1 ? sign : 0, axis == 2 ? sign : 0};
    if (t0 > enter) enter = t0, enter_normal = n;
    if (t1 < leave) leave = t1, leave_normal = n * -1.0f;
  }
  if (enter > leave) return;
  best.offer(enter, beyond, enter_normal);
  best.offer(leave, beyond, leave_normal);
}

void hit_sphere(const Solid& s, Vec3 o, float beyond, Candidate& best) {
  const Vec3 centre = {0, s.half, 0};
  const Vec3 m = o - centre;
  const float b = dot(m, s.ray), c = dot(m, m) - s.half * s.half;
  const float discriminant = b * b - c;
  if (discriminant < 0) return;
  const float root = std::sqrt(discriminant);
  for (float t : {-b - root, -b + root}) best.offer(t, beyond, (m + s.ray * t) * (1 / s.half));
}

// A vertical cylinder (slope 0) or a cone whose radius shrinks by slope per unit of height.
void hit_round(const Solid& s, Vec3 o, float slope, float beyond, Candidate& best) {
  const Vec3 d = s.ray;
  const float radius = s.half - slope * o.y,
              change = -slope * d.y;  // radius along the ray: radius + change t
  const float a = d.x * d.x + d.z * d.z - change * change;
  const float b = o.x * d.x + o.z * d.z - radius * change;
  const float c = o.x * o.x + o.z * o.z - radius * radius;
  const float discriminant = b * b - a * c;
  if (discriminant >= 0 && std::abs(a) > 1e-9f) {
    const float root = std::sqrt(discriminant);
    for (float t : {(-b - root) / a, (-b + root) / a}) {
      const Vec3 p = o + d * t;
      if (p.y < 0 || p.y > s.height) continue;
      best.offer(t, beyond, normalised({p.x, slope * length(p.x, p.z), p.z}));
    }
  }
  const auto cap = [&](float y, float cap_radius, float sign) {
    const float t = (y - o.y) / d.y;
    const Vec3 p = o + d * t;
    if (p.x * p.x + p.z * p.z <= cap_radius * cap_radius) best.offer(t, beyond, {0, sign, 0});
  };
  cap(0, s.half, -1);
  if (slope == 0) cap(s.height, s.half, 1);
}

void hit_pyramid(const Solid& s, Vec3 o, float beyond, Candidate& best) {
  // Intersection of five half-spaces n.p <= offset.
  const Vec3 d = s.ray;
  const float nx = s.height, ny = s.half, slant = length(nx, ny);
  const std::array<Vec3, 5> normals = {Vec3{nx / slant, ny / slant, 0},
                                       Vec3{-nx / slant, ny / slant, 0},
                                       Vec3{0, ny / slant, nx / slant},
                                       Vec3{0, ny / slant, -nx / slant},
                                       Vec3{0, -1, 0}};
  float enter = -kFar, leave = kFar;
  Vec3 enter_normal, leave_normal;
  for (int i = 0; i < 5; ++i) {
    const float offset = i < 4 ? s.height * s.half / slant : 0.0f;
    const float along = dot(normals[i], d), gap = offset - dot(normals[i], o);
    if (std::abs(along) < 1e-7f) {
      if (gap < 0) return;
      continue;
    }
    const float t = gap / along;
    if (along < 0) {
      if (t > enter) enter = t, enter_normal = normals[i];
    } else if (t < leave) {
      leave = t, leave_normal = normals[i];
    }
  }
  if (enter > leave) return;
  best.offer(enter, beyond, enter_normal);
  best.offer(leave, beyond, leave_normal);
}

// A torus that faces the viewer, by sphere tracing: its distance is cheap and its quartic is not.
void hit_ring(const Solid& s, Vec3 o, float beyond, Candidate& best) {
  const Vec3 centre = {0, s.half, 0};
  const float major = s.half - s.tube;
  const auto distance = [&](Vec3 p) {
    const float q = length(p.x, p.y) - major;
    return length(q, p.z) - s.tube;
  };
  const Vec3 m = o - centre;
  const float middle = -dot(m, s.ray);
  float t = std::max(middle - s.half * 1.1f, beyond + 2e-3f);
  // Seen from inside after a first hit, step out to the far side.
  const float sign = distance(m + s.ray * t) < 0 ? -1.0f : 1.0f;
  for (int step = 0; step < 32 && t < middle + s.half * 1.1f; ++step) {
    const Vec3 p = m + s.ray * t;
    const float gap = sign * distance(p);
    if (gap < 8e-4f) {
      const float radial = std::max(length(p.x, p.y), 1e-6f);
      const float pull = 1 - major / radial;
      best.offer(t, beyond, normalised({p.x * pull, p.y * pull, p.z}));
      return;
    }
    t += gap;
  }
}

}  // namespace

Vec3 view_direction() { return {0, -static_cast<float>(kSinPitch), static_cast<float>(kCosPitch)}; }

Solid make_solid(const Object& object) {
  const Extent e = extent(object);
  Solid s;
  s.shape = object.shape;
  s.base = {static_cast<float>(object.x) / kUnit,
            static_cast<float>(object.elevation) / kUnit,
            static_cast<float>(object.z) / kUnit};
  s.height = static_cast<float>(e.height);
  const double angle = object.yaw * kYawStep;
  s.cosine = static_cast<float>(std::cos(angle));
  s.sine = static_cast<float>(std::sin(angle));
  s.ray = to_local(s, view_direction());
  if (object.shape == Shape::kSign) {
    const SignGeometry sign = sign_geometry(object);
    s.half = static_cast<float>(sign.half_width);
    s.board_half_width = s.half;
    s.board_bottom = static_cast<float>(sign.board_bottom);
    s.board_top = static_cast<float>(sign.board_top);
  } else {
    s.half = static_cast<float>(half_side(object));
    s.tube = static_cast<float>(ring_tube(object));
  }
  const float reach_up =
      static_cast<float>(kCosPitch) * s.height + static_cast<float>(kSinPitch * e.half_depth);
  const auto up = static_cast<float>(screen_up(s.base.y, s.base.z));
  s.left = s.base.x - static_cast<float>(e.half_width) - 0.02f;
  s.right = s.base.x + static_cast<float>(e.half_width) + 0.02f;
  s.bottom = up - static_cast<float>(kSinPitch * e.half_depth) - 0.06f;
  s.top = up + std::max(reach_up, s.height) + 0.06f;
  return s;
}

std::optional<Hit> intersect(const Solid& solid, Vec3 origin, float beyond) {
  const Vec3 o = to_local(solid, origin - solid.base);
  Candidate best;
  switch (solid.shape) {
    case Shape::kCube:
      hit_box(o,
              solid.ray,
              {-solid.half, 0, -solid.half},
              {solid.half, solid.height, solid.half},
              beyond,
              best);
      break;
    case Shape::kSphere: hit_sphere(solid, o, beyond, best); break;
    case Shape::kCylinder: hit_round(solid, o, 0, beyond, best); break;
    case Shape::kCone: hit_round(solid, o, solid.half / solid.height, beyond, best); break;
    case Shape::kPyramid: hit_pyramid(solid, o, beyond, best); break;
    case Shape::kRing: hit_ring(solid, o, beyond, best); break;
    case Shape::kSign: {
      const auto depth = static_cast<float>(kSignHalfDepth);
      hit_box(o,
              solid.ray,
              {-solid.half, solid.board_bottom, -depth},
              {solid.half, solid.board_top, depth},
              beyond,
              best);
      hit_box(o,
              solid.ray,
              {-kPostHalf, 0, -kPostHalf},
              {kPostHalf, solid.board_bottom, kPostHalf},
              beyond,
              best);
      break;
    }
  }
  if (best.t == kFar) return std::nullopt;
  return Hit{best.t, to_world(solid, best.normal)};
}

float cross_section(const Solid& solid, float x, float y, float z) {
  const Vec3 p = to_local(solid, Vec3{x, y, z} - solid.base);
  const float radial = length(p.x, p.z), square = std::max(std::abs(p.x), std::abs(p.z));
  const float left = 1 - p.y / solid.height;  // 1 at the base, 0 at the tip
  switch (solid.shape) {
    case Shape::kCube: return square - solid.half;
    case Shape::kSphere: {
      const float up = p.y - solid.half;
      return radial - std::sqrt(std::max(0.0f, solid.half * solid.half - up * up));
    }
    case Shape::kCylinder: return radial - solid.half;
    case Shape::kCone: return radial - solid.half * left;
    case Shape::kPyramid: return square - solid.half * left;
    case Shape::kRing: {
      const float q = length(p.x, p.y - solid.half) - (solid.half - solid.tube);
      return length(q, p.z) - solid.tube;
    }
    case Shape::kSign: {
      const bool board = p.y >= solid.board_bottom;
      const float half_width = board ? solid.half : kPostHalf;
      return std::max(std::abs(p.x) - half_width, std::abs(p.z) - kPostHalf);
    }
  }
  return 1;
}

}  // namespace lienzo::datasets::world
