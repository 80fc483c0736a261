#pragma once

#include <memory>

#include "lienzo/training/recipe.h"
#include "lienzo/training/task.h"

namespace lienzo::training {

/// kind = "scene-upscaler": enlarges small pictures of the small world, told what they show.
std::unique_ptr<Task> make_upscaler_task(const Recipe& recipe);

}  // namespace lienzo::training
