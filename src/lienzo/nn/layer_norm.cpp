#include "lienzo/nn/layer_norm.h"

#include <torch/torch.h>

namespace lienzo::nn {

torch::Tensor layer_norm_plain(const torch::Tensor& x,
                               const torch::Tensor& weight,
                               const torch::Tensor& bias,
                               double epsilon) {
  return torch::layer_norm(x.to(torch::kFloat),
                           {x.size(-1)},
                           weight.to(torch::kFloat),
                           bias.to(torch::kFloat),
                           epsilon)
      .to(x.scalar_type());
}

torch::Tensor layer_norm(const torch::Tensor& x,
                         const torch::Tensor& weight,
                         const torch::Tensor& bias,
                         double epsilon) {
  return layer_norm_plain(x, weight, bias, epsilon);
}

LayerNormImpl::LayerNormImpl(int64_t width, double epsilon)
    : weight(register_parameter("weight", torch::ones({width}))),
      bias(register_parameter("bias", torch::zeros({width}))),
      epsilon_(epsilon) {}

torch::Tensor LayerNormImpl::forward(const torch::Tensor& x) {
  return layer_norm(x, weight, bias, epsilon_);
}

void LayerNormImpl::prepare(torch::ScalarType) {
  weight.set_data(weight.to(torch::kFloat).contiguous());
  bias.set_data(bias.to(torch::kFloat).contiguous());
}

}  // namespace lienzo::nn
