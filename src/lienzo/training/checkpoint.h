#pragma once

#include <torch/nn/module.h>

#include <cstdint>
#include <filesystem>
#include <optional>
#include <vector>

#include "lienzo/base/json.h"
#include "lienzo/training/optimizer.h"

namespace lienzo::training {

/// Everything beside tensors that a training needs to go on as if nothing had happened.
struct TrainState {
  int64_t step = 0;     // steps done
  int64_t skipped = 0;  // of them without an update, the gradient not being finite
  int64_t skipped_in_a_row = 0;
  double elapsed_seconds = 0;     // over all runs
  Json pending = Json::object();  // values since the last log line, see MetricAverages
  Json recipe;                    // as to_json(Recipe) gives it
};

/// `<folder>/step-00001000.safetensors`
std::filesystem::path checkpoint_path(const std::filesystem::path& folder, int64_t step);

/// The checkpoints in a folder, newest first; none when the folder does not exist.
std::vector<std::filesystem::path> list_checkpoints(const std::filesystem::path& folder);

/// Writes parameters, buffers, moments and averaged weights as safetensors, atomically, then
/// deletes all but the newest `keep` checkpoints of the folder.
void save_checkpoint(const std::filesystem::path& folder,
                     const TrainState& state,
                     const torch::nn::Module& module,
                     const AdamW& optimizer,
                     int64_t keep);

/// Reads a checkpoint, checking everything before anything is changed: kCorrupt when damaged,
/// kInvalidInput when it was made by another recipe (naming the changed keys) or belongs to another
/// network.
TrainState load_checkpoint(const std::filesystem::path& path,
                           const Json& recipe,
                           torch::nn::Module& module,
                           AdamW& optimizer);

/// Loads the newest checkpoint that is whole; a damaged one is named in a warning and passed over.
/// Nothing when there is none at all; kCorrupt when all are damaged.
std::optional<TrainState> load_newest_checkpoint(const std::filesystem::path& folder,
                                                 const Json& recipe,
                                                 torch::nn::Module& module,
                                                 AdamW& optimizer);

}  // namespace lienzo::training
