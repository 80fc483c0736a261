#pragma once

#include <torch/nn/module.h>

#include <optional>
#include <string_view>
#include <vector>

#include "lienzo/weights/tensor_file.h"

namespace lienzo::weights {

/// The parameters and buffers of `module` under their registered names, each with `prefix` before
/// it, as write_safetensors and load_strict take them. With `float_dtype` (fp16 or bf16, to halve a
/// file) tensors of fractions are converted; without it they share the module's memory.
std::vector<NamedTensor> named_tensors(const torch::nn::Module& module,
                                       std::optional<torch::ScalarType> float_dtype = std::nullopt,
                                       std::string_view prefix = "");

}  // namespace lienzo::weights
