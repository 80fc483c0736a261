#pragma once

#include <torch/nn/module.h>
#include <torch/nn/pimpl.h>
#include <torch/types.h>

#include "lienzo/nn/prepare.h"

namespace lienzo::nn {

/// Layer normalisation (Ba et al. 2016, arXiv:1607.06450) of x (..., W) over its last axis:
/// (x - mean) / sqrt(variance + epsilon) weight + bias, `weight` and `bias` (W). Computed in fp32,
/// returned in the type of x. kInvalidInput where the shapes disagree.
torch::Tensor layer_norm(const torch::Tensor& x,
                         const torch::Tensor& weight,
                         const torch::Tensor& bias,
                         double epsilon = 1e-5);

/// The same in plain tensor operations: the fallback for gradients, other devices and other types,
/// and the reference of the tests.
torch::Tensor layer_norm_plain(const torch::Tensor& x,
                               const torch::Tensor& weight,
                               const torch::Tensor& bias,
                               double epsilon = 1e-5);

/// Parameters `weight` (width), started at one, and `bias` (width), at zero.
class LayerNormImpl : public torch::nn::Module, public Preparable {
 public:
  explicit LayerNormImpl(int64_t width, double epsilon = 1e-5);
  torch::Tensor forward(const torch::Tensor& x);
  /// Keeps the parameters in fp32 whatever the type.
  void prepare(torch::ScalarType dtype) override;

  torch::Tensor weight, bias;

 private:
  double epsilon_;
};
TORCH_MODULE(LayerNorm);

}  // namespace lienzo::nn
