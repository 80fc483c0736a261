#pragma once

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <string>

#include "lienzo/base/progress.h"
#include "lienzo/training/recipe.h"
#include "lienzo/training/task.h"

namespace lienzo::training {

/// What the caller of a training hears and may say. Messages go to base/log.h.
struct TrainHooks {
  ProgressSink progress = {};               // at most ten times a second, and at the end
  const std::atomic<bool>* stop = nullptr;  // set it to save a checkpoint and stop after this step
  // After each step; for tests and live plots.
  std::function<void(int64_t step, double loss)> on_step = {};
};

struct TrainResult {
  int64_t step = 0;            // steps done, over all runs
  int64_t skipped = 0;         // of them without an update, the gradient not being finite
  bool stopped = false;        // before the end: by the flag or by max_minutes
  double elapsed_seconds = 0;  // over all runs
  std::map<std::string, double> metrics;     // the last logged means
  std::map<std::string, double> validation;  // the last validation
  std::filesystem::path model;               // folder of the finished model; empty when stopped
};

/// Trains `task` and writes into recipe.output:
///   recipe.toml                         the recipe as it was
///   metrics.csv validation.csv          means per log interval; values per validation
///   timing.csv                          seconds and samples per second (apart, since they never
///   repeat) events/                             the same for TensorBoard, and the sample sheets
///   samples/step-00001000.png
///   checkpoints/step-00001000.safetensors
///   model/                              what the task saves at the end, with averaged weights
/// `resume` goes on after the newest whole checkpoint, or begins with a warning where there is
/// none, and gives the same numbers as an uninterrupted training. Without it a folder with
/// checkpoints is kInvalidInput. A step whose loss or gradient is not finite is skipped; ten in a
/// row are kInvalidInput. A step is saved before it is validated and sampled.
TrainResult train(Task& task,
                  const Recipe& recipe,
                  const TrainHooks& hooks = {},
                  bool resume = false);

/// Saves the model of the newest checkpoint without training on, as of a stopped run. Returns its
/// folder. kNotFound, with nothing made, where there is no checkpoint.
std::filesystem::path export_model(Task& task, const Recipe& recipe);

}  // namespace lienzo::training
