#include "lienzo/nn/attention.h"

#include <cmath>

#include "lienzo/nn/layers.h"

namespace lienzo::nn {

torch::Tensor attention(const torch::Tensor& q,
                        const torch::Tensor& k,
                        const torch::Tensor& v,
                        const torch::Tensor& bias) {
  const double scale = 1.0 / std::sqrt(static_cast<double>(q.size(-1)));
  torch::Tensor scores =
      torch::matmul(q * scale, k.transpose(-2, -1)).to(torch::kFloat);  // (B, H, T, S)
  if (bias.defined()) scores = scores + bias;
  return torch::matmul(torch::softmax(scores, -1).to(v.scalar_type()), v);  // (B, H, T, D)
}

MultiHeadAttentionImpl::MultiHeadAttentionImpl(int64_t width, int64_t context_width, int64_t heads)
    : width_(width), context_width_(context_width), heads_(heads) {
  reset();
}

void MultiHeadAttentionImpl::reset() {
  const auto linear = [](int64_t in, int64_t out) {
    return torch::nn::Linear(torch::nn::LinearOptions(in, out).bias(false));
  };
  to_q_ = register_module("to_q", linear(width_, width_));
  to_k_ = register_module("to_k", linear(context_width_, width_));
  to_v_ = register_module("to_v", linear(context_width_, width_));
  to_out_ = register_module("to_out", zeroed(torch::nn::Linear(width_, width_)));
}

torch::Tensor MultiHeadAttentionImpl::split_heads(const torch::Tensor& x) const {
  return x.view({x.size(0), x.size(1), heads_, width_ / heads_}).transpose(1, 2);  // (B, H, T, D)
}

torch::Tensor MultiHeadAttentionImpl::forward(const torch::Tensor& x,
                                              const torch::Tensor& context,
                                              const torch::Tensor& bias,
                                              KeyValueCache* cache) {
  const torch::Tensor& source = context.defined() ? context : x;
  const torch::Tensor q = split_heads(to_q_(x));
  torch::Tensor k = split_heads(to_k_(source));
  torch::Tensor v = split_heads(to_v_(source));
  if (cache) {
    if (cache->k.defined()) {
      k = torch::cat({cache->k, k}, 2);
      v = torch::cat({cache->v, v}, 2);
    }
    cache->k = k;
    cache->v = v;
  }
  const torch::Tensor mixed =
      attention(q, k, v, bias).transpose(1, 2).reshape(x.sizes());  // (B, T, width)
  return to_out_(mixed);
}

}  // namespace lienzo::nn
