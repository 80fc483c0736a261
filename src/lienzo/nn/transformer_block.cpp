#include "lienzo/nn/transformer_block.h"

#include "lienzo/nn/layers.h"
#include "lienzo/nn/rms_norm.h"

namespace lienzo::nn {

TransformerBlockImpl::TransformerBlockImpl(int64_t width, int64_t heads)
    : width_(width), heads_(heads) {
  reset();
}

void TransformerBlockImpl::reset() {
  attn_ = register_module("attn", MultiHeadAttention(width_, width_, heads_));
  up_ = register_module("up", torch::nn::Linear(width_, 4 * width_));
  down_ = register_module("down", zeroed(torch::nn::Linear(4 * width_, width_)));
}

torch::Tensor TransformerBlockImpl::forward(const torch::Tensor& x,
                                            const torch::Tensor& bias,
                                            KeyValueCache* cache) {
  const torch::Tensor attended = x + attn_(rms_norm(x, -1), torch::Tensor(), bias, cache);
  return attended + down_(torch::relu(up_(rms_norm(attended, -1))).square());
}

}  // namespace lienzo::nn
