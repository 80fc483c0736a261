#pragma once

#include <torch/types.h>

namespace lienzo::nn {

/// Activations, computed in fp32 and returned in the type of x, any shape. On the CPU one pass over
/// memory; where a gradient is wanted, on other devices and for other types the _plain forms.

/// x / (1 + e^-x).
torch::Tensor silu(const torch::Tensor& x);
/// x / (1 + e^(-1.702 x)), the approximation that CLIP uses (Hendrycks & Gimpel 2016,
/// arXiv:1606.08415, section 2).
torch::Tensor quick_gelu(const torch::Tensor& x);
/// x (1 + erf(x / sqrt 2)) / 2, the exact form of the same paper.
torch::Tensor gelu(const torch::Tensor& x);
/// a gelu(g) of x (..., 2W) = (a, g): (..., W). Shazeer 2020 (arXiv:2002.05202, equation 6) with
/// the halves in the order of diffusers: value first, gate second.
torch::Tensor geglu(const torch::Tensor& x);

torch::Tensor silu_plain(const torch::Tensor& x);
torch::Tensor quick_gelu_plain(const torch::Tensor& x);
torch::Tensor gelu_plain(const torch::Tensor& x);
torch::Tensor geglu_plain(const torch::Tensor& x);

}  // namespace lienzo::nn
