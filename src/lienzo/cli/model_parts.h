#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "lienzo/base/json.h"
#include "lienzo/weights/tensor_index.h"

namespace lienzo::cli {

/// How many parameters `index` has, in all and by type: {"parameters", "tensors", "dtypes"}.
Json count_parameters(const weights::TensorIndex& index);

/// "12345" or "859.52 million".
std::string format_count(int64_t count);

/// What a weight file holds of a model that draws, for `lienzo model info`: {"family", "layout",
/// "prediction", "licence", "parts": [{"part", "files", "config", "parameters"...}]}; of anything
/// else the family and a "note" that says where it belongs, or null for a network of `lienzo train`
/// and for unknown tensors. A model that cannot be used for another reason has that as its "note".
Json describe_model_file(const std::filesystem::path& path, const weights::TensorIndex& index);

/// The same for a diffusers folder. Throws as checkpoints::open_checkpoint does.
Json describe_model_folder(const std::filesystem::path& folder);

/// Prints what the two above say.
void print_model(const Json& model);

}  // namespace lienzo::cli
