#pragma once

#include <memory>

#include "lienzo/training/recipe.h"
#include "lienzo/training/task.h"

namespace lienzo::training {

/// kind = "scene-prior": words -> scene tokens of the small world, in Spanish and English.
std::unique_ptr<Task> make_scene_prior_task(const Recipe& recipe);

}  // namespace lienzo::training
