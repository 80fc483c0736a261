#pragma once

#include <vector>

#include "lienzo/evaluation/detector.h"

namespace lienzo::evaluation {

/// What a detector measures before geometry is brought in.
struct Sighting {
  datasets::world::Shape shape = datasets::world::Shape::kCube;
  datasets::world::Size size = datasets::world::Size::kLarge;
  datasets::world::Colour colour = datasets::world::Colour::kRed;
  datasets::world::Material material = datasets::world::Material::kMatte;
  datasets::world::Box box;  // of the whole object
  double elevation = 0;      // estimate, units
  double score = 0;
};

/// Places sightings in the world. A box fixes x, and one line of (z, elevation); as objects stand
/// on the ground, on one another or in one another, the elevation is the nearest of those heights
/// to the estimate, and z follows from the box. A sign gets a word of the length that fits its
/// board, of unknown letters ("AAA").
std::vector<Detection> place(const std::vector<Sighting>& sightings);

/// z, in sixteenths, at which the middle of the object's box falls on that of `seen`, its elevation
/// being given.
int depth_at(datasets::world::Object object, const datasets::world::Box& seen);

/// Elevations, in sixteenths, at which `object` can stand because of `support`: on it, in it.
std::vector<int> heights_over(const datasets::world::Object& support,
                              const datasets::world::Object& object);

}  // namespace lienzo::evaluation
