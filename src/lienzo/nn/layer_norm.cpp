#include "lienzo/nn/layer_norm.h"

#include <torch/types.h>

#include <algorithm>

#include "lienzo/base/error.h"
#include "lienzo/nn/kernel_tensor.h"
#include "lienzo/nn/layer_norm_kernel.h"
#include "lienzo/nn/parallel.h"
#include "lienzo/tensor/shape.h"

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
  if (x.dim() == 0) {
    throw Error(ErrorKind::kInvalidInput, "[layer_norm] x without axes, expected (..., width)");
  }
  const int64_t width = x.size(-1);
  tensor::check_shape(weight, {width}, "layer_norm.weight");
  tensor::check_shape(bias, {width}, "layer_norm.bias");
  if (!has_kernel(x) || wants_gradient(x) || wants_gradient(weight) || wants_gradient(bias))
    return layer_norm_plain(x, weight, bias, epsilon);
  const torch::Tensor rows = x.contiguous();
  const torch::Tensor gain = weight.to(torch::kFloat).contiguous(),
                      offset = bias.to(torch::kFloat).contiguous();
  torch::Tensor y = torch::empty_like(rows);
  if (x.numel() == 0) return y;
  with_number_of(x, [&](auto number) {
    using T = decltype(number);
    constexpr int64_t kRows = 16;  // one part of the work
    const int64_t count = x.numel() / width;
    parallel_for((count + kRows - 1) / kRows, [&](int64_t begin, int64_t end) {
      const int64_t first = begin * kRows;
      layer_norm_rows(numbers<T>(rows) + first * width,
                      std::min(end * kRows, count) - first,
                      width,
                      gain.data_ptr<float>(),
                      offset.data_ptr<float>(),
                      static_cast<float>(epsilon),
                      numbers<T>(y) + first * width);
    });
  });
  return y;
}

LayerNormImpl::LayerNormImpl(int64_t width, double epsilon)
    : weight(register_parameter("weight", torch::ones({width}))),
      bias(register_parameter("bias", torch::zeros({width}))),
      epsilon_(epsilon) {}

torch::Tensor LayerNormImpl::forward(const torch::Tensor& x) {
  return layer_norm(x, weight, bias, epsilon_);
}

void LayerNormImpl::prepare(torch::ScalarType) {
  for (torch::Tensor* parameter : {&weight, &bias}) {
    // A copy, so that the file they came from may go.
    parameter->set_data(
        parameter->to(torch::kFloat, /*non_blocking=*/false, /*copy=*/true).contiguous());
  }
}

}  // namespace lienzo::nn
