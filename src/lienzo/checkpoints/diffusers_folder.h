#pragma once

#include <filesystem>

#include "lienzo/checkpoints/checkpoint.h"

namespace lienzo::checkpoints {

/// A model as diffusers keeps it: a folder with model_index.json and a folder for each part, or the
/// folder of one network alone; open_checkpoint() tells the rest. Class names choose among our
/// networks and nothing is ever run by name.
Checkpoint open_diffusers_folder(const std::filesystem::path& folder, const OpenOptions& options);

}  // namespace lienzo::checkpoints
