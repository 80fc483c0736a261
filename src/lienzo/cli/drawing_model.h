#pragma once

#include <filesystem>

#include "lienzo/cli/imagine.h"

namespace lienzo::cli {

/// The model that a command draws with: that of --model, else the one that drew the picture of
/// --like, else the embedded one. Throws Error(kNotFound) saying what there is and how to get more.
std::filesystem::path find_drawing_model(const ImagineOptions& options);

/// Whether `model` is what `lienzo train` wrote, the embedded model included.
bool is_lienzo_folder(const std::filesystem::path& model);

/// Where a vocabulary for `model` lies, should it bring none; empty when there is none.
std::filesystem::path vocabulary_beside(const std::filesystem::path& model);

}  // namespace lienzo::cli
