#pragma once

#include <torch/nn/cloneable.h>
#include <torch/nn/modules/linear.h>
#include <torch/nn/pimpl.h>

#include "lienzo/nn/attention.h"

namespace lienzo::nn {

/// Pre-norm transformer block: x + attention(norm x), x + mlp(norm x). The MLP is four times as
/// wide, with the squared ReLU of So et al. 2021 (Primer, arXiv:2109.08668), which costs a fraction
/// of GELU on a CPU.
class TransformerBlockImpl : public torch::nn::Cloneable<TransformerBlockImpl> {
 public:
  TransformerBlockImpl(int64_t width, int64_t heads);
  void reset() override;
  /// x (B, T, width); bias and cache as in MultiHeadAttention.
  torch::Tensor forward(const torch::Tensor& x,
                        const torch::Tensor& bias,
                        KeyValueCache* cache = nullptr);

 private:
  int64_t width_, heads_;
  MultiHeadAttention attn_{nullptr};
  torch::nn::Linear up_{nullptr}, down_{nullptr};
};
TORCH_MODULE(TransformerBlock);

}  // namespace lienzo::nn
