#pragma once

#include <memory>

#include "lienzo/training/recipe.h"
#include "lienzo/training/task.h"

namespace lienzo::training {

/// kind = "checker": finds the objects in pictures of the small world. Learns from the renderer
/// alone, so that it can judge a generator without bias.
std::unique_ptr<Task> make_checker_task(const Recipe& recipe);

}  // namespace lienzo::training
