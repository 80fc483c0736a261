#pragma once

#include <torch/types.h>

namespace lienzo::nn {

/// Every pixel four times, (B, C, H, W) -> (B, C, 2H, 2W): nearest neighbour. Channels-last on the
/// CPU.
torch::Tensor upsample_twice(const torch::Tensor& x);

}  // namespace lienzo::nn
