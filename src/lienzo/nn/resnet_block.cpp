#include "lienzo/nn/resnet_block.h"

#include "lienzo/nn/layers.h"
#include "lienzo/nn/rms_norm.h"

namespace lienzo::nn {

ResnetBlockImpl::ResnetBlockImpl(int64_t in_channels, int64_t out_channels, int64_t embedding_width)
    : in_channels_(in_channels), out_channels_(out_channels), embedding_width_(embedding_width) {
  reset();
}

void ResnetBlockImpl::reset() {
  conv1_ = register_module("conv1", conv3x3(in_channels_, out_channels_));
  conv2_ = register_module("conv2", zeroed(conv3x3(out_channels_, out_channels_)));
  modulation_ =
      register_module("modulation", torch::nn::Linear(embedding_width_, 2 * out_channels_));
  if (in_channels_ != out_channels_)
    shortcut_ = register_module("shortcut", conv1x1(in_channels_, out_channels_));
}

torch::Tensor ResnetBlockImpl::forward(const torch::Tensor& x, const torch::Tensor& embedding) {
  torch::Tensor h = conv1_(rms_norm_silu(x));                   // (B, out, H, W)
  const auto scale_shift = modulation_(embedding).chunk(2, 1);  // (B, out) each
  h = conv2_(rms_norm_silu(h, scale_shift[0], scale_shift[1]));
  return (shortcut_ ? shortcut_(x) : x) + h;
}

}  // namespace lienzo::nn
