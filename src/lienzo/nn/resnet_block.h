#pragma once

#include <torch/nn/cloneable.h>
#include <torch/nn/modules/conv.h>
#include <torch/nn/modules/linear.h>
#include <torch/nn/pimpl.h>

namespace lienzo::nn {

/// Residual block of a diffusion network: norm, scale-shift by an embedding, SiLU, 3x3 convolution,
/// twice (Dhariwal & Nichol 2021, arXiv:2105.05233, adaptive group norm; here with a channel RMS
/// norm).
class ResnetBlockImpl : public torch::nn::Cloneable<ResnetBlockImpl> {
 public:
  ResnetBlockImpl(int64_t in_channels, int64_t out_channels, int64_t embedding_width);
  void reset() override;
  /// x (B, in, H, W), embedding (B, E). Returns (B, out, H, W).
  torch::Tensor forward(const torch::Tensor& x, const torch::Tensor& embedding);

 private:
  int64_t in_channels_, out_channels_, embedding_width_;
  torch::nn::Conv2d conv1_{nullptr}, conv2_{nullptr}, shortcut_{nullptr};
  torch::nn::Linear modulation_{nullptr};
};
TORCH_MODULE(ResnetBlock);

}  // namespace lienzo::nn
