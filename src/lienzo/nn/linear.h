#pragma once

#include <torch/nn/module.h>
#include <torch/nn/modules/common.h>
#include <torch/nn/pimpl.h>
#include <torch/types.h>

#include <memory>

#include "lienzo/nn/prepare.h"
#include "lienzo/nn/prepared_layer.h"

namespace lienzo::nn {

/// x W^T + b. Parameters `weight` (out, in) and `bias` (out), started as torch::nn::Linear starts
/// them unless a SkipInit lives.
class LinearImpl : public torch::nn::Module, public Preparable {
 public:
  LinearImpl(int64_t in, int64_t out, bool with_bias = true);

  /// x (..., in) -> (..., out), plus `residual` of that shape where given.
  torch::Tensor forward(const torch::Tensor& x, const torch::Tensor& residual = {});
  void prepare(torch::ScalarType dtype) override;

  torch::Tensor weight, bias;

 private:
  std::unique_ptr<PreparedLayer> prepared_;  // once prepared, where there is a primitive

  FORWARD_HAS_DEFAULT_ARGS({1, torch::nn::AnyValue(torch::Tensor())})
};
TORCH_MODULE(Linear);

}  // namespace lienzo::nn
