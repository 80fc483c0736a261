#pragma once

#include <torch/nn/module.h>
#include <torch/nn/modules/container/modulelist.h>
#include <torch/nn/pimpl.h>
#include <torch/types.h>

#include <vector>

#include "lienzo/nn/conv2d.h"

namespace lienzo::models {

struct RrdbNetConfig {
  int64_t channels = 3;   // of the picture, in and out
  int64_t width = 64;     // of the trunk
  int64_t growth = 32;    // channels that each convolution of a dense block adds
  int64_t blocks = 23;    // residual-in-residual dense blocks
  int64_t doublings = 2;  // at the end
  int64_t folding = 1;    // pixels a side that are folded into channels at the beginning: 1, 2, 4

  /// How many times larger a side becomes.
  int64_t factor() const { return (int64_t{1} << doublings) / folding; }
};

/// ESRGAN's generator (Wang et al. 2018, arXiv:1809.00219, section 3.1), which Real-ESRGAN kept:
/// three dense blocks in a residual block, many of those, and doublings. Name for name that of
/// XPixelGroup/BasicSR, basicsr/archs/rrdbnet_arch.py.
class RrdbNetImpl : public torch::nn::Module {
 public:
  explicit RrdbNetImpl(const RrdbNetConfig& config);
  const RrdbNetConfig& config() const { return config_; }

  /// x (B, channels, H, W) in [0, 1]; H and W multiples of `folding`, else kInvalidInput. Returns
  /// (B, channels, factor H, factor W), about 0..1.
  torch::Tensor forward(const torch::Tensor& x);

 private:
  RrdbNetConfig config_;
  nn::Conv2d conv_first_{nullptr}, conv_body_{nullptr}, conv_hr_{nullptr}, conv_last_{nullptr};
  torch::nn::ModuleList body_;
  std::vector<nn::Conv2d> conv_up_;
};
TORCH_MODULE(RrdbNet);

}  // namespace lienzo::models
