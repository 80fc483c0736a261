#pragma once

#include <optional>

#include "lienzo/datasets/world/scene.h"
#include "lienzo/datasets/world/vec3.h"

namespace lienzo::datasets::world {

struct Hit {
  float distance = 0;
  Vec3 normal;
};

/// An object prepared for ray casting. All rays share the camera's direction, so what depends on it
/// alone is computed once.
struct Solid {
  Shape shape = Shape::kCube;
  Vec3 base;       // centre of the base
  float half = 0;  // half side or radius
  float height = 0;
  float tube = 0;              // ring
  float cosine = 1, sine = 0;  // yaw
  Vec3 ray;                    // camera direction in the solid's own frame
  float board_bottom = 0, board_top = 0, board_half_width = 0;  // sign
  float left = 0, right = 0, bottom = 0, top = 0;               // bounds on the screen, units
};

Solid make_solid(const Object& object);

/// Nearest hit of the camera ray through `origin` (world frame) farther than `beyond`.
std::optional<Hit> intersect(const Solid& solid, Vec3 origin, float beyond);

/// Signed horizontal distance from (x, z) to the solid's cross-section at height y: negative
/// inside. Only meaningful within the solid's height.
float cross_section(const Solid& solid, float x, float y, float z);

/// Direction in which every camera ray travels.
Vec3 view_direction();

}  // namespace lienzo::datasets::world
