#pragma once

#include "lienzo/datasets/world/scene.h"
#include "lienzo/image/image.h"

namespace lienzo::datasets::world {

/// Draws the scene as a square sRGB picture of `size` pixels (8 to 512): ray casting with shading,
/// soft shadows, see-through glass and anti-aliased edges. Deterministic: the scene alone decides
/// every pixel. Throws Error(kInvalidInput) for a size out of range.
image::Image render(const Scene& scene, int size);

/// Whether pixels that an edge crosses are sampled more often; without it drawing is several times
/// faster.
enum class Edges { kSmooth, kHard };

/// The part of render(scene, size) that begins at pixel (left, top); edges along the border of the
/// part may be smoothed less than in the whole. Throws Error(kInvalidInput) for a part outside the
/// picture.
image::Image render_part(const Scene& scene,
                         int size,
                         int left,
                         int top,
                         int width,
                         int height,
                         Edges edges = Edges::kSmooth);

}  // namespace lienzo::datasets::world
