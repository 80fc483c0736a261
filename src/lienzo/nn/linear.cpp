#include "lienzo/nn/linear.h"

#include <torch/nn/functional.h>
#include <torch/types.h>

#include "lienzo/nn/skip_init.h"

namespace lienzo::nn {

LinearImpl::LinearImpl(int64_t in, int64_t out, bool with_bias) {
  weight = register_parameter("weight", torch::empty({out, in}));
  bias = register_parameter(
      "bias", with_bias ? torch::empty({out}) : torch::Tensor(), /*requires_grad=*/with_bias);
  start_parameters(weight, bias);
}

torch::Tensor LinearImpl::forward(const torch::Tensor& x, const torch::Tensor& residual) {
  if (prepared_) {
    torch::Tensor y = prepared_->forward(x);
    if (residual.defined()) y.add_(residual);
    return y;
  }
  const torch::Tensor y = torch::nn::functional::linear(x, weight, bias);
  return residual.defined() ? y + residual : y;
}

void LinearImpl::prepare(torch::ScalarType dtype) {
  if (prepared_) return check_prepared_as(*prepared_, dtype);
  prepared_ = prepare_linear(weight.detach(), bias.defined() ? bias.detach() : bias, dtype);
  if (prepared_) {
    release(weight);
    release(bias);
    return;
  }
  weight.set_data(weight.to(dtype).contiguous());
  if (bias.defined()) bias.set_data(bias.to(dtype));
}

}  // namespace lienzo::nn
