#pragma once

#include <memory>

#include "lienzo/training/recipe.h"
#include "lienzo/training/task.h"

namespace lienzo::training {

/// kind = "scene-decoder": a denoiser that draws pictures of the small world from scene maps.
std::unique_ptr<Task> make_scene_decoder_task(const Recipe& recipe);

}  // namespace lienzo::training
