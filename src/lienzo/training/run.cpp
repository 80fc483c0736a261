#include "lienzo/training/run.h"

#include <torch/types.h>

#include "lienzo/training/checkpoint.h"
#include "lienzo/training/registry.h"

namespace lienzo::training {

TrainResult run_recipe(const std::filesystem::path& path,
                       const RunOptions& options,
                       const TrainHooks& hooks) {
  return run_recipe(load_recipe(path), options, hooks);
}

TrainResult run_recipe(Recipe recipe, const RunOptions& options, const TrainHooks& hooks) {
  if (options.output) recipe.output = *options.output;
  if (options.steps) recipe.train.steps = *options.steps;
  validate(recipe.train, recipe.source);
  // The first weights are drawn while the task is built.
  torch::manual_seed(static_cast<uint64_t>(recipe.train.seed));
  const auto task = make_task(recipe);
  if (!recipe.train.init.empty() && list_checkpoints(recipe.output / "checkpoints").empty())
    task->load_first_weights(recipe.train.init);
  if (options.only_export) {
    TrainResult result;
    result.model = export_model(*task, recipe);
    return result;
  }
  return train(*task, recipe, hooks, options.resume);
}

}  // namespace lienzo::training
