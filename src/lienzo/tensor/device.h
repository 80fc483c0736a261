#pragma once

#include <torch/types.h>

#include <string_view>

namespace lienzo::tensor {

/// The device that `text` names: "cpu", "cuda", "cuda:<n>", or "auto" (the first GPU if there is
/// one, else the CPU). Throws kInvalidInput for other text and kUnsupported when there is no such
/// GPU.
torch::Device parse_device(std::string_view text);

/// How many NVIDIA GPUs this build of libtorch can use; 0 for a CPU build.
int gpu_count();

}  // namespace lienzo::tensor
