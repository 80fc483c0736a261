#pragma once

#include <torch/nn/module.h>

#include <string>
#include <vector>

#include "lienzo/weights/tensor_file.h"

namespace lienzo::weights {

/// What a load may tolerate; nothing by default. In a pattern '*' stands for any text.
struct LoadOptions {
  /// Module parameter "w" is "<prefix>w" in the file; names without it belong to other modules and
  /// are not looked at.
  std::string prefix = "";
  /// Patterns of parameters that keep their value.
  std::vector<std::string> may_be_missing = {};
  /// Patterns of names in the file, after the prefix, to pass over.
  std::vector<std::string> may_be_unexpected = {};
};

/// Fills every parameter and buffer of `module`, by its registered name, with the file's tensor of
/// that name, converted to the parameter's type and device. All names missing, unexpected,
/// mis-shaped or of another kind (fractions for whole numbers) are reported together in one
/// kCorrupt error, and then nothing was changed. Throws kUnsupported for a type that cannot be
/// read.
void load_strict(torch::nn::Module& module,
                 const TensorFile& file,
                 const LoadOptions& options = {});

}  // namespace lienzo::weights
