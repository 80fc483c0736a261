#include "lienzo/nn/activations.h"

#include <torch/torch.h>

namespace lienzo::nn {

torch::Tensor silu_plain(const torch::Tensor& x) { return torch::silu(x); }

torch::Tensor quick_gelu_plain(const torch::Tensor& x) { return x * torch::sigmoid(1.702 * x); }

torch::Tensor gelu_plain(const torch::Tensor& x) { return at::gelu(x); }

torch::Tensor geglu_plain(const torch::Tensor& x) {
  const auto halves = x.chunk(2, -1);
  return halves[0] * gelu_plain(halves[1]);
}

torch::Tensor silu(const torch::Tensor& x) { return silu_plain(x); }
torch::Tensor quick_gelu(const torch::Tensor& x) { return quick_gelu_plain(x); }
torch::Tensor gelu(const torch::Tensor& x) { return gelu_plain(x); }
torch::Tensor geglu(const torch::Tensor& x) { return geglu_plain(x); }

}  // namespace lienzo::nn
