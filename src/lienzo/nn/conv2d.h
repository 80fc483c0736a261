#pragma once

#include <torch/nn/module.h>
#include <torch/nn/modules/common.h>
#include <torch/nn/pimpl.h>
#include <torch/types.h>

#include <memory>

#include "lienzo/nn/prepare.h"
#include "lienzo/nn/prepared_layer.h"

namespace lienzo::nn {

struct Conv2dOptions {
  int64_t in = 0, out = 0;  // channels
  int64_t kernel = 3;       // pixels, both ways
  int64_t stride = 1;
  int64_t padding = 1;  // pixels of zeros on each side
  bool bias = true;
};

/// Convolution of pictures. Parameters `weight` (out, in, kernel, kernel) and `bias` (out), started
/// as torch::nn::Conv2d starts them unless a SkipInit lives.
class Conv2dImpl : public torch::nn::Module, public Preparable {
 public:
  explicit Conv2dImpl(const Conv2dOptions& options);

  /// x (B, in, H, W) -> (B, out, H', W'), plus `residual` of that shape where given. On the CPU
  /// both are wanted channels-last (others are copied) and the result is channels-last.
  torch::Tensor forward(const torch::Tensor& x, const torch::Tensor& residual = {});
  void prepare(torch::ScalarType dtype) override;

  const Conv2dOptions& options() const { return options_; }
  /// The prepared layer; nullptr before, and where there is no primitive.
  PreparedLayer* prepared() const { return prepared_.get(); }
  torch::Tensor weight, bias;

 private:
  Conv2dOptions options_;
  std::unique_ptr<PreparedLayer> prepared_;  // once prepared, where there is a primitive

  FORWARD_HAS_DEFAULT_ARGS({1, torch::nn::AnyValue(torch::Tensor())})
};
TORCH_MODULE(Conv2d);

}  // namespace lienzo::nn
