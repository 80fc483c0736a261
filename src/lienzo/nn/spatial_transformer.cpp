#include "lienzo/nn/spatial_transformer.h"

#include <torch/types.h>

#include <algorithm>
#include <memory>

#include "lienzo/nn/activations.h"
#include "lienzo/nn/fused_attention.h"
#include "lienzo/nn/layer_norm.h"

namespace lienzo::nn {
namespace {

// Attention of models/attention_processor.py without biases but that of its end.
struct CrossAttentionImpl : torch::nn::Module {
  CrossAttentionImpl(int64_t width, int64_t context, int64_t heads)
      : heads(heads),
        to_q(register_module("to_q", Linear(width, width, /*bias=*/false))),
        to_k(register_module("to_k", Linear(context, width, /*bias=*/false))),
        to_v(register_module("to_v", Linear(context, width, /*bias=*/false))),
        to_out(register_module("to_out", torch::nn::ModuleList())) {
    to_out->push_back(Linear(width, width));
  }
  // x (B, T, width), context (B, S, context): residual + attention, (B, T, width).
  torch::Tensor forward(const torch::Tensor& x,
                        const torch::Tensor& context,
                        const torch::Tensor& residual) {
    const torch::Tensor mixed = fused_attention(to_q(x), to_k(context), to_v(context), heads);
    return to_out[0]->as<LinearImpl>()->forward(mixed, residual);
  }
  int64_t heads;
  Linear to_q, to_k, to_v;
  torch::nn::ModuleList to_out;
};
TORCH_MODULE(CrossAttention);

// FeedForward of models/attention.py: net.0 is the gated layer, net.1 its dropout, net.2 the way
// back.
struct FeedForwardImpl : torch::nn::Module {
  explicit FeedForwardImpl(int64_t width)
      : proj(Linear(width, 8 * width)), back(Linear(4 * width, width)) {
    const auto gate = std::make_shared<torch::nn::Module>();
    gate->register_module("proj", proj);
    const auto net = std::make_shared<torch::nn::Module>();
    net->register_module("0", gate);
    net->register_module("2", back);
    register_module("net", net);
  }
  // x (B, T, width). Of many pixels the wide layer is larger than any cache, so that some rows go
  // through both layers after the others. How many are together does not depend on B.
  torch::Tensor forward(const torch::Tensor& x, const torch::Tensor& residual) {
    constexpr int64_t kNumbers = 327680;  // of x that go together
    const int64_t together = std::max<int64_t>(kNumbers / x.size(2), 1);
    if (!x.is_cpu() || at::GradMode::is_enabled() || x.size(1) <= together)
      return back(geglu(proj(x)), residual);
    torch::Tensor y = torch::empty_like(x);
    for (int64_t picture = 0; picture < x.size(0); ++picture) {
      for (int64_t first = 0; first < x.size(1); first += together) {
        const auto rows = [&](const torch::Tensor& all) {
          return all.narrow(0, picture, 1)
              .narrow(1, first, std::min(together, all.size(1) - first));
        };
        rows(y).copy_(back(geglu(proj(rows(x))), rows(residual)));
      }
    }
    return y;
  }
  Linear proj, back;
};
TORCH_MODULE(FeedForward);

struct BlockImpl : torch::nn::Module {
  BlockImpl(int64_t width, int64_t context, int64_t heads)
      : attn1(register_module("attn1", CrossAttention(width, width, heads))),
        attn2(register_module("attn2", CrossAttention(width, context, heads))),
        ff(register_module("ff", FeedForward(width))),
        norm1(register_module("norm1", LayerNorm(width))),
        norm2(register_module("norm2", LayerNorm(width))),
        norm3(register_module("norm3", LayerNorm(width))) {}
  torch::Tensor forward(torch::Tensor x, const torch::Tensor& context) {
    {
      const torch::Tensor own = norm1(x);
      x = attn1(own, own, x);
    }
    x = attn2(norm2(x), context, x);
    return ff(norm3(x), x);
  }
  CrossAttention attn1, attn2;
  FeedForward ff;
  LayerNorm norm1, norm2, norm3;
};
TORCH_MODULE(Block);

torch::Tensor as_tokens(const torch::Tensor& x) {
  return x.permute({0, 2, 3, 1}).flatten(1, 2);  // (B, H W, C), a view where x is channels-last
}

torch::Tensor as_pixels(const torch::Tensor& tokens, const torch::Tensor& like) {
  return tokens.view({like.size(0), like.size(2), like.size(3), -1}).permute({0, 3, 1, 2});
}

}  // namespace

SpatialTransformerImpl::SpatialTransformerImpl(const SpatialTransformerOptions& o)
    : norm_(register_module("norm", GroupNorm(o.groups, o.channels, 1e-6))),
      blocks_(register_module("transformer_blocks", torch::nn::ModuleList())) {
  if (o.linear_projection) {
    linear_in_ = register_module("proj_in", Linear(o.channels, o.channels));
    linear_out_ = register_module("proj_out", Linear(o.channels, o.channels));
  } else {
    const Conv2dOptions pointwise{.in = o.channels, .out = o.channels, .kernel = 1, .padding = 0};
    conv_in_ = register_module("proj_in", Conv2d(pointwise));
    conv_out_ = register_module("proj_out", Conv2d(pointwise));
  }
  for (int64_t i = 0; i < o.layers; ++i) blocks_->push_back(Block(o.channels, o.context, o.heads));
}

torch::Tensor SpatialTransformerImpl::forward(const torch::Tensor& x,
                                              const torch::Tensor& context) {
  torch::Tensor h = norm_(x);
  h = linear_in_ ? linear_in_(as_tokens(h)) : as_tokens(conv_in_(h));
  for (const auto& block : *blocks_) h = block->as<BlockImpl>()->forward(h, context);
  return linear_out_ ? as_pixels(linear_out_(h, as_tokens(x)), x) : conv_out_(as_pixels(h, x), x);
}

}  // namespace lienzo::nn
