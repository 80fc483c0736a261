#pragma once

#include <filesystem>

namespace lienzo::cli {

/// The folder of the embedded model: `given` (from --model) if it is not empty, else the first of
/// $LIENZO_MODELS/mini, <program>/../share/lienzo/models/mini and models/mini of the source tree
/// that holds a model.json. Throws Error(kNotFound) naming every place that was looked at.
std::filesystem::path find_model_folder(const std::filesystem::path& given);

/// The same for the checker of pictures: checker.safetensors in the folder `checker` beside `mini`.
std::filesystem::path find_checker_folder(const std::filesystem::path& given);

}  // namespace lienzo::cli
