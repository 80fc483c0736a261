#pragma once

#include <torch/nn/module.h>
#include <torch/nn/modules/common.h>
#include <torch/nn/pimpl.h>
#include <torch/types.h>

#include <vector>

#include "lienzo/nn/prepare.h"

namespace lienzo::nn {

/// Group normalisation (Wu & He 2018, arXiv:1803.08494) of x + add, then SiLU where `silu`:
/// f((u - mean) / sqrt(variance + epsilon) weight + bias), mean and variance over the pixels and
/// the C / groups channels of a group. x (B, C, H, W); `weight` and `bias` (C); `add` (B, C) or
/// undefined. Statistics and arithmetic in fp32, returned in the type of x, channels-last on the
/// CPU. One pass over memory to read and one to write, the same numbers for any number of threads.
/// kInvalidInput where the shapes disagree.
torch::Tensor group_norm(const torch::Tensor& x,
                         const torch::Tensor& weight,
                         const torch::Tensor& bias,
                         int64_t groups,
                         double epsilon,
                         bool silu,
                         const torch::Tensor& add = {});

/// The same in plain tensor operations: the fallback for gradients, other devices and other types,
/// and the reference of the tests.
torch::Tensor group_norm_plain(const torch::Tensor& x,
                               const torch::Tensor& weight,
                               const torch::Tensor& bias,
                               int64_t groups,
                               double epsilon,
                               bool silu,
                               const torch::Tensor& add = {});

/// The norm of pictures that are too large to be held twice: measured once, then applied to a few
/// rows at a time. The numbers are group_norm()'s.
class MeasuredGroupNorm {
 public:
  /// The arguments of group_norm(); x is fp32 or bf16 on the CPU, channels-last, and outlives this.
  MeasuredGroupNorm(const torch::Tensor& x,
                    const torch::Tensor& weight,
                    const torch::Tensor& bias,
                    int64_t groups,
                    double epsilon,
                    const torch::Tensor& add = {});
  /// Rows `first` to `last` - 1 of a picture into y (1, C, last - first, W), channels-last.
  void apply(int64_t picture, int64_t first, int64_t last, bool silu, const torch::Tensor& y) const;

 private:
  torch::Tensor x_, offset_;
  std::vector<float> shift_, scale_;  // per picture and channel
};

/// Parameters `weight` (channels), started at one, and `bias` (channels), at zero.
class GroupNormImpl : public torch::nn::Module, public Preparable {
 public:
  GroupNormImpl(int64_t groups, int64_t channels, double epsilon);
  torch::Tensor forward(const torch::Tensor& x, bool silu = false, const torch::Tensor& add = {});
  /// For pictures a kernel reads (kernel_tensor.h), channels-last.
  MeasuredGroupNorm measure(const torch::Tensor& x, const torch::Tensor& add = {}) const;
  /// Keeps the parameters in fp32 whatever the type.
  void prepare(torch::ScalarType dtype) override;

  torch::Tensor weight, bias;

 private:
  int64_t groups_;
  double epsilon_;

  FORWARD_HAS_DEFAULT_ARGS({1, torch::nn::AnyValue(false)},
                           {2, torch::nn::AnyValue(torch::Tensor())})
};
TORCH_MODULE(GroupNorm);

}  // namespace lienzo::nn
