#pragma once

#include <vector>

#include "lienzo/datasets/world/scene.h"

/// What else a thing in a picture might be: each list has objects whose boxes have their middle
/// where that of `object` is, without `object` itself.
namespace lienzo::evaluation {

/// Every colour and material. A sign is matte.
std::vector<datasets::world::Object> other_looks(const datasets::world::Object& object);

/// Every turn of a cube or a pyramid.
std::vector<datasets::world::Object> other_turns(const datasets::world::Object& object);

/// Every solid, size and turn, also with the bottom (not the middle) of the box where it was. Only
/// another size for a sign.
std::vector<datasets::world::Object> other_solids(const datasets::world::Object& object);

/// Every height at which objects[index] could stand: on the ground, because of another object, and
/// on any solid.
std::vector<datasets::world::Object> other_heights(const datasets::world::Scene& scene,
                                                   size_t index);

}  // namespace lienzo::evaluation
