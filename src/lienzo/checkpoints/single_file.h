#pragma once

#include <filesystem>
#include <memory>

#include "lienzo/checkpoints/checkpoint.h"

namespace lienzo::checkpoints {

/// A model in one file, whole or in part; open_checkpoint() tells the rest.
Checkpoint open_single_file(const std::filesystem::path& path,
                            std::optional<Prediction> prediction);

/// The metadata in which `lienzo model convert` keeps the config.json of a part, so that a model in
/// the original layout need not be guessed from shapes: "lienzo.config.unet".
std::string config_key(std::string_view part);

}  // namespace lienzo::checkpoints
