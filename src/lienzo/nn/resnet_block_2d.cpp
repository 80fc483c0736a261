#include "lienzo/nn/resnet_block_2d.h"

#include <torch/types.h>

#include "lienzo/nn/norm_conv2d.h"

namespace lienzo::nn {

ResnetBlock2dImpl::ResnetBlock2dImpl(const ResnetBlock2dOptions& o)
    : norm1_(register_module("norm1", GroupNorm(o.groups, o.in, o.eps))),
      norm2_(register_module("norm2", GroupNorm(o.groups, o.out, o.eps))),
      conv1_(register_module("conv1", Conv2d(Conv2dOptions{.in = o.in, .out = o.out}))),
      conv2_(register_module("conv2", Conv2d(Conv2dOptions{.in = o.out, .out = o.out}))) {
  if (o.embedding > 0)
    time_emb_proj_ = register_module("time_emb_proj", Linear(o.embedding, o.out));
  if (o.in != o.out) {
    conv_shortcut_ =
        register_module("conv_shortcut",
                        Conv2d(Conv2dOptions{.in = o.in, .out = o.out, .kernel = 1, .padding = 0}));
  }
}

torch::Tensor ResnetBlock2dImpl::forward(const torch::Tensor& x,
                                         const torch::Tensor& activated_embedding) {
  const torch::Tensor add =
      time_emb_proj_ ? time_emb_proj_(activated_embedding) : torch::Tensor();  // (B, out)
  if (wants_strips(x, *conv1_)) return forward_in_strips(x, add);
  torch::Tensor h = conv1_(norm1_(x, /*silu=*/true));  // (B, out, H, W)
  h = norm2_(h, /*silu=*/true, add);
  return conv2_(h, /*residual=*/conv_shortcut_ ? conv_shortcut_(x) : x);
}

// Beside x, one picture of `out` channels and a few rows.
torch::Tensor ResnetBlock2dImpl::forward_in_strips(const torch::Tensor& x_in,
                                                   const torch::Tensor& add) {
  const torch::Tensor x = x_in.contiguous(torch::MemoryFormat::ChannelsLast);
  const torch::Tensor h =
      norm_conv2d_in_strips(x, *norm1_, *conv1_, /*add=*/{}, /*in_place=*/false);
  const auto add_shortcut = [&](int64_t picture, int64_t first, torch::Tensor& rows) {
    const torch::Tensor same = x.narrow(0, picture, 1).narrow(2, first, rows.size(2));
    rows.add_(conv_shortcut_ ? conv_shortcut_(same) : same);
  };
  return norm_conv2d_in_strips(h, *norm2_, *conv2_, add, /*in_place=*/true, add_shortcut);
}

}  // namespace lienzo::nn
