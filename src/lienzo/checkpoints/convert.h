#pragma once

#include <torch/types.h>

#include <filesystem>
#include <optional>

#include "lienzo/checkpoints/checkpoint.h"

namespace lienzo::checkpoints {

struct ConvertOptions {
  /// kOriginal: one safetensors file, with the configurations in its metadata (config_key());
  /// kDiffusers: a folder, with those tokenizers that the model brings.
  Naming layout = Naming::kOriginal;
  /// Instead of the type that each tensor has.
  std::optional<torch::ScalarType> dtype = {};
};

/// Writes `model`, whole or in part, to `target`, which appears when it is complete. Tensors are
/// read, renamed and written one after the other; their bytes stay what they are unless `dtype`
/// changes them. What no network reads (leftovers.h, the last layer of SD 2's text encoder) is left
/// out; licence and metadata go along.
///
/// Throws kCorrupt when a network misses tensors or has others (as weights::load_strict does),
/// kInvalidInput when the folder exists or a number is too large for fp16, kUnsupported for a text
/// encoder or a tiny autoencoder alone in the original layout, kIo.
void convert_checkpoint(const Checkpoint& model,
                        const std::filesystem::path& target,
                        const ConvertOptions& options);

}  // namespace lienzo::checkpoints
