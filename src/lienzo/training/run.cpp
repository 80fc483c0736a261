#include "lienzo/training/run.h"

#include <fmt/format.h>

#include "lienzo/base/error.h"
#include "lienzo/training/checkpoint.h"
#include "lienzo/training/registry.h"
#include "lienzo/weights/load.h"
#include "lienzo/weights/safetensors.h"

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
  if (!recipe.train.init.empty() && recipe.kind == "captioned-pictures") {
    // Its model is two files whose names do not say which network they belong to.
    throw Error(ErrorKind::kUnsupported,
                fmt::format("{}: [train] 'init' is \"{}\", but kind \"{}\" cannot begin with the "
                            "weights of another model; remove it, or go on with a run's folder and "
                            "--resume",
                            recipe.source,
                            recipe.train.init,
                            recipe.kind));
  }
  // The first weights are drawn while the task is built.
  torch::manual_seed(static_cast<uint64_t>(recipe.train.seed));
  const auto task = make_task(recipe);
  if (!recipe.train.init.empty() && list_checkpoints(recipe.output / "checkpoints").empty())
    weights::load_strict(task->module(), weights::SafetensorsFile::open(recipe.train.init));
  if (options.only_export) {
    TrainResult result;
    result.model = export_model(*task, recipe);
    return result;
  }
  return train(*task, recipe, hooks, options.resume);
}

}  // namespace lienzo::training
