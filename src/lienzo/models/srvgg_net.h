#pragma once

#include <torch/nn/module.h>
#include <torch/nn/pimpl.h>
#include <torch/types.h>

#include <vector>

#include "lienzo/nn/conv2d.h"

namespace lienzo::models {

struct SrvggNetConfig {
  int64_t channels = 3;       // of the picture, in and out
  int64_t width = 64;         // of every layer
  int64_t convolutions = 16;  // between the first and the last
  int64_t factor = 4;         // how many times larger a side becomes
};

/// Real-ESRGAN's small upscaler: convolutions with learned slopes below zero, at the picture's own
/// size, and what is new comes on top of the enlarged pixels. Name for name that of
/// xinntao/Real-ESRGAN, realesrgan/archs/srvgg_arch.py (SRVGGNetCompact).
class SrvggNetImpl : public torch::nn::Module {
 public:
  explicit SrvggNetImpl(const SrvggNetConfig& config);
  const SrvggNetConfig& config() const { return config_; }

  /// x (B, channels, H, W) in [0, 1]. Returns (B, channels, factor H, factor W), about 0..1.
  torch::Tensor forward(const torch::Tensor& x);

 private:
  SrvggNetConfig config_;
  std::vector<nn::Conv2d> convolutions_;
  std::vector<std::shared_ptr<torch::nn::Module>> slopes_;  // behind all but the last
};
TORCH_MODULE(SrvggNet);

}  // namespace lienzo::models
