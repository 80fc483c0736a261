#include "lienzo/nn/resnet_block_2d.h"

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
  torch::Tensor h = conv1_(norm1_(x, /*silu=*/true));  // (B, out, H, W)
  const torch::Tensor add =
      time_emb_proj_ ? time_emb_proj_(activated_embedding) : torch::Tensor();  // (B, out)
  h = norm2_(h, /*silu=*/true, add);
  return conv2_(h, /*residual=*/conv_shortcut_ ? conv_shortcut_(x) : x);
}

}  // namespace lienzo::nn
