#pragma once

#include <torch/nn/module.h>
#include <torch/nn/pimpl.h>
#include <torch/types.h>

#include "lienzo/nn/conv2d.h"
#include "lienzo/nn/group_norm.h"
#include "lienzo/nn/linear.h"

namespace lienzo::nn {

struct ResnetBlock2dOptions {
  int64_t in = 0, out = 0;
  int64_t embedding = 0;  // width of the time embedding; 0: none, as in autoencoders
  int64_t groups = 32;
  double eps = 1e-5;  // of the norms; 1e-6 in autoencoders
};

/// Residual block of latent diffusion: group norm, SiLU, 3x3 convolution, twice, with the embedding
/// added between. Names and numbers of ResnetBlock2D in huggingface/diffusers v0.30.3,
/// models/resnet.py.
class ResnetBlock2dImpl : public torch::nn::Module {
 public:
  explicit ResnetBlock2dImpl(const ResnetBlock2dOptions& options);
  /// x (B, in, H, W); activated_embedding (B, embedding), after its SiLU, or undefined. Returns
  /// (B, out, H, W).
  torch::Tensor forward(const torch::Tensor& x, const torch::Tensor& activated_embedding = {});

 private:
  torch::Tensor forward_in_strips(const torch::Tensor& x, const torch::Tensor& add);

  GroupNorm norm1_, norm2_;
  Conv2d conv1_, conv2_, conv_shortcut_{nullptr};
  Linear time_emb_proj_{nullptr};
};
TORCH_MODULE(ResnetBlock2d);

}  // namespace lienzo::nn
