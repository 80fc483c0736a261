#pragma once

#include <torch/types.h>

namespace lienzo::nn {

/// Divides by the root mean square over `dim` (Zhang & Sennrich 2019, arXiv:1910.07467, without
/// gain; epsilon 1e-6). Computed in fp32, returned in the type of x. `dim` is 1 of a picture (B, C,
/// H, W) or the last.
torch::Tensor rms_norm(const torch::Tensor& x, int64_t dim);

/// SiLU of the normalised x (B, C, H, W), scaled and shifted per channel where `scale` and `shift`
/// (B, C) are given: silu(rms_norm(x) (1 + scale) + shift), the adaptive normalisation of Dhariwal
/// & Nichol 2021 (arXiv:2105.05233, section 3.1). On the CPU one pass over memory instead of about
/// ten.
torch::Tensor rms_norm_silu(const torch::Tensor& x,
                            const torch::Tensor& scale = {},
                            const torch::Tensor& shift = {});

/// The same in plain tensor operations: the fallback for other devices and types, and the reference
/// of the tests.
torch::Tensor rms_norm_plain(const torch::Tensor& x, int64_t dim);
torch::Tensor rms_norm_silu_plain(const torch::Tensor& x,
                                  const torch::Tensor& scale,
                                  const torch::Tensor& shift);

}  // namespace lienzo::nn
