#pragma once

#include "lienzo/datasets/world/scene.h"
#include "lienzo/datasets/world/vec3.h"

namespace lienzo::datasets::world {

/// How a background lights the objects that stand in it.
struct Lighting {
  Vec3 ambient;
  Vec3 sun;
  Vec3 sky;     // what metal mirrors above
  Vec3 ground;  // and below
};
const Lighting& lighting(Background background);

/// Colour (linear 0..1, sRGB-like) of the ground at (x, z).
Vec3 ground_colour(Background background, float x, float z);

/// Colour of what stands behind the ground at screen position (x, up); `pixel` is the size of a
/// pixel in units and softens edges.
Vec3 sky_colour(Background background, int variant, float x, float up, float pixel);

}  // namespace lienzo::datasets::world
