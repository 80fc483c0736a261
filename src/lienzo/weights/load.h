#pragma once

#include <torch/nn/module.h>

#include <optional>
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
  /// The type that parameters and buffers of fractions get; without it each keeps its own.
  std::optional<torch::ScalarType> float_dtype = std::nullopt;
  /// Parameters and buffers of fractions get the type that they have in the file, in place of
  /// `float_dtype`: for a module that is converted afterwards, layer by layer.
  bool file_dtype = false;
  /// Lets parameters and buffers on the CPU use the file's own memory where its type fits and its
  /// numbers lie in order: nothing is copied, and what the module had allocated is freed. Meant for
  /// modules that are not trained: several modules loaded so share their numbers, and writing to
  /// one of them in place would change the others.
  bool share_memory = false;
};

/// Fills every parameter and buffer of `module`, by its registered name, with the file's tensor of
/// that name, converted to the parameter's type (or `float_dtype`) and device, one tensor after the
/// other, so that at most one is held twice. All names missing, unexpected,
/// mis-shaped or of another kind (fractions for whole numbers) are reported together in one
/// kCorrupt error, and then nothing was changed. Throws kUnsupported for a type that cannot be
/// read.
void load_strict(torch::nn::Module& module,
                 const TensorFile& file,
                 const LoadOptions& options = {});

/// Throws what load_strict would throw before it changes anything, and reads no numbers: whether
/// the file is all of the module, under the right names.
void check_fit(const torch::nn::Module& module,
               const TensorFile& file,
               const LoadOptions& options = {});

}  // namespace lienzo::weights
