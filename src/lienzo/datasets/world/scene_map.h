#pragma once

#include <span>

#include "lienzo/datasets/world/scene.h"
#include "lienzo/tensor/layered_map.h"

namespace lienzo::datasets::world {

/// Columns of LayeredMap::attributes: shape, "is a letter", colour, material, size, yaw, glyph, and
/// of a shadow, the height in units of what casts it.
inline constexpr int kAttributes = kShapes + 1 + kColours + kMaterials + kSizes + kYaws + 27 + 1;
/// Columns of LayeredMap::backdrop.
inline constexpr int kBackdropColumns = kBackgrounds + kVariants;

/// The square of a picture that a map covers, in picture coordinates.
struct Window {
  double left = 0, top = 0, size = 1;
};

/// Scenes as numbers for a decoder, sampled at `resolution` pixels over the window (one for all
/// scenes or one each). Things are the objects, the letters of signs, and the shadows that raised
/// objects cast on the ground: without these, what stands on another and what stands behind it look
/// alike. `local` is (u, v) in the box, -1..1 inside, and the offset from the base's centre in
/// units, right and up.
tensor::LayeredMap make_scene_map(std::span<const Scene> scenes,
                                  int resolution,
                                  std::span<const Window> windows = {});

}  // namespace lienzo::datasets::world
