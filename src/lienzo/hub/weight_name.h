#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace lienzo::hub {

/// What the name of a weight file in a diffusers folder says:
/// "diffusion_pytorch_model.safetensors", "model.fp16.safetensors",
/// "model.fp16-00001-of-00002.safetensors", "pytorch_model.bin.index.fp16.json" (diffusers,
/// pipelines/pipeline_loading_utils.py, variant_compatible_siblings, older spellings included).
struct WeightName {
  std::string base;       // "diffusion_pytorch_model", "model" or "pytorch_model"
  std::string variant;    // "fp16"; "" for none
  std::string extension;  // "safetensors" or "bin"
  int shard = 0;          // from 1; 0 when the weights are in one piece
  int shards = 0;
  bool is_index = false;  // says which shard holds which tensor
};

/// Reads a name without its folder; nothing for any other file.
std::optional<WeightName> parse_weight_name(const std::string& name);

/// Whether a file, by its extension, may hold the weights of a whole checkpoint.
bool is_checkpoint_name(std::string_view name);

/// A checkpoint's name without its extension; any other name as it is.
std::string without_extension(const std::string& name);

/// What comes after the last '/'; all of it where there is none.
std::string leaf_of(const std::string& name);

}  // namespace lienzo::hub
