#pragma once

#include <string>

#include "lienzo/datasets/world/scene.h"
#include "lienzo/image/image.h"

namespace lienzo::evaluation {

/// A word as read off a sign.
struct WordReading {
  std::string word;                                            // in the spelling of Object::word
  datasets::world::Size size = datasets::world::Size::kLarge;  // of the letters
  double likeness = 0;  // mean correlation with the renderer's letters, -1..1
};

/// Reads the word of a sign about where `sign` says it stands (its word counts by its length only,
/// one letter more or less being tried too): the picture is compared with the renderer's glyphs,
/// cell by cell, at small displacements. Nothing is learned. `picture` is 256 x 256 RGB. Throws
/// kInvalidInput for another picture or an object that is no sign.
WordReading read_word(const image::Image& picture, const datasets::world::Object& sign);

}  // namespace lienzo::evaluation
