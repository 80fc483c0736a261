#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>

#include "lienzo/training/recipe.h"
#include "lienzo/training/task.h"

namespace lienzo::training {

/// Builds the task of a recipe: reads recipe.task (naming recipe.source in errors) and
/// recipe.train.
using TaskFactory = std::function<std::unique_ptr<Task>(const Recipe&)>;

/// What recipes can call their `kind`. Built-in kinds are listed in registry.cpp; a program adds
/// its own here, before it trains.
std::map<std::string, TaskFactory>& task_registry();

/// The task of `recipe`; kInvalidInput naming the known kinds when there is none of its kind.
std::unique_ptr<Task> make_task(const Recipe& recipe);

}  // namespace lienzo::training
