#pragma once

#include <torch/types.h>

#include "lienzo/diffusion/samplers/settings.h"

namespace lienzo::diffusion {

/// x0 (B, ...) limited as `limit` says; thresholding looks at each picture by itself.
torch::Tensor limit_x0(const torch::Tensor& x0, const X0Limit& limit);

}  // namespace lienzo::diffusion
