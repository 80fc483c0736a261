#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>

#include "lienzo/training/trainer.h"

namespace lienzo::training {

/// What the caller may set beside the recipe.
struct RunOptions {
  std::optional<std::filesystem::path> output = {};  // instead of the recipe's
  std::optional<int64_t> steps = {};                 // instead of the recipe's
  bool resume = false;
  bool only_export = false;  // write the model of the newest checkpoint, train no further
};

/// Loads the recipe, builds its task and trains. Throws as load_recipe, make_task and train do.
TrainResult run_recipe(const std::filesystem::path& path,
                       const RunOptions& options = {},
                       const TrainHooks& hooks = {});

/// The same with a recipe that is already in memory.
TrainResult run_recipe(Recipe recipe, const RunOptions& options = {}, const TrainHooks& hooks = {});

}  // namespace lienzo::training
