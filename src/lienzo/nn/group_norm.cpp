#include "lienzo/nn/group_norm.h"

#include <torch/torch.h>

namespace lienzo::nn {

torch::Tensor group_norm_plain(const torch::Tensor& x,
                               const torch::Tensor& weight,
                               const torch::Tensor& bias,
                               int64_t groups,
                               double epsilon,
                               bool silu,
                               const torch::Tensor& add) {
  torch::Tensor u = x.to(torch::kFloat);
  if (add.defined()) u = u + add.to(torch::kFloat).unsqueeze(2).unsqueeze(3);
  u = torch::group_norm(u, groups, weight.to(torch::kFloat), bias.to(torch::kFloat), epsilon);
  if (silu) u = torch::silu(u);
  return u.to(x.scalar_type());
}

torch::Tensor group_norm(const torch::Tensor& x,
                         const torch::Tensor& weight,
                         const torch::Tensor& bias,
                         int64_t groups,
                         double epsilon,
                         bool silu,
                         const torch::Tensor& add) {
  return group_norm_plain(x, weight, bias, groups, epsilon, silu, add);
}

GroupNormImpl::GroupNormImpl(int64_t groups, int64_t channels, double epsilon)
    : weight(register_parameter("weight", torch::ones({channels}))),
      bias(register_parameter("bias", torch::zeros({channels}))),
      groups_(groups),
      epsilon_(epsilon) {}

torch::Tensor GroupNormImpl::forward(const torch::Tensor& x, bool silu, const torch::Tensor& add) {
  return group_norm(x, weight, bias, groups_, epsilon_, silu, add);
}

void GroupNormImpl::prepare(torch::ScalarType) {
  weight.set_data(weight.to(torch::kFloat).contiguous());
  bias.set_data(bias.to(torch::kFloat).contiguous());
}

}  // namespace lienzo::nn
