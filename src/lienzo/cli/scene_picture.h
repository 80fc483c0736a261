#pragma once

#include "lienzo/datasets/world/scene.h"
#include "lienzo/image/image.h"

namespace lienzo::cli {

/// `picture` (RGB), enlarged where it is small, with the box and the name of every object of
/// `scene` drawn on it.
image::Image draw_scene_boxes(const image::Image& picture, const datasets::world::Scene& scene);

}  // namespace lienzo::cli
