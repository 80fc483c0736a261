#pragma once

#include <torch/nn/module.h>
#include <torch/nn/modules/container/modulelist.h>
#include <torch/nn/pimpl.h>
#include <torch/types.h>

#include "lienzo/nn/conv2d.h"
#include "lienzo/nn/group_norm.h"
#include "lienzo/nn/linear.h"

namespace lienzo::nn {

struct SpatialTransformerOptions {
  int64_t channels = 0;
  int64_t heads = 8;
  int64_t layers = 1;
  int64_t context = 768;  // width of what cross-attention reads
  int64_t groups = 32;
  bool linear_projection = false;  // in and out by linear layers instead of 1x1 convolutions
};

/// Pixels as tokens that attend to each other and to a context: Transformer2DModel with
/// BasicTransformerBlock of huggingface/diffusers v0.30.3, models/transformers/transformer_2d.py
/// and models/attention.py, name for name.
class SpatialTransformerImpl : public torch::nn::Module {
 public:
  explicit SpatialTransformerImpl(const SpatialTransformerOptions& options);
  /// x (B, channels, H, W), context (B, S, options.context). Returns (B, channels, H, W).
  torch::Tensor forward(const torch::Tensor& x, const torch::Tensor& context);

 private:
  GroupNorm norm_;
  Conv2d conv_in_{nullptr}, conv_out_{nullptr};
  Linear linear_in_{nullptr}, linear_out_{nullptr};
  torch::nn::ModuleList blocks_;
};
TORCH_MODULE(SpatialTransformer);

}  // namespace lienzo::nn
