#pragma once

#include <torch/nn/cloneable.h>
#include <torch/nn/modules/linear.h>
#include <torch/nn/pimpl.h>
#include <torch/types.h>

namespace lienzo::nn {

/// softmax(Q K^T / sqrt(D) + bias) V (Vaswani et al. 2017, arXiv:1706.03762, equation 1).
/// q (B, H, T, D), k and v (B, H, S, D); bias broadcastable to (B, H, T, S) or undefined, -inf
/// hides a position. Returns (B, H, T, D). Softmax in fp32.
torch::Tensor attention(const torch::Tensor& q,
                        const torch::Tensor& k,
                        const torch::Tensor& v,
                        const torch::Tensor& bias = {});

/// Keys and values of past positions, so that a sequence can grow a token at a time.
struct KeyValueCache {
  torch::Tensor k, v;  // (B, H, S, D)
};

/// Multi-head attention over a context (itself when `context` is undefined).
/// Names follow diffusers: to_q, to_k, to_v, to_out.
class MultiHeadAttentionImpl : public torch::nn::Cloneable<MultiHeadAttentionImpl> {
 public:
  MultiHeadAttentionImpl(int64_t width, int64_t context_width, int64_t heads);
  void reset() override;
  /// x (B, T, width), context (B, S, context_width), bias as in attention(). Returns (B, T, width).
  torch::Tensor forward(const torch::Tensor& x,
                        const torch::Tensor& context,
                        const torch::Tensor& bias,
                        KeyValueCache* cache = nullptr);

 private:
  torch::Tensor split_heads(const torch::Tensor& x) const;
  int64_t width_, context_width_, heads_;
  torch::nn::Linear to_q_{nullptr}, to_k_{nullptr}, to_v_{nullptr}, to_out_{nullptr};
};
TORCH_MODULE(MultiHeadAttention);

}  // namespace lienzo::nn
