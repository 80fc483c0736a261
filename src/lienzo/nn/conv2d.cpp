#include "lienzo/nn/conv2d.h"

#include <torch/types.h>

#include "lienzo/nn/skip_init.h"

namespace lienzo::nn {

Conv2dImpl::Conv2dImpl(const Conv2dOptions& options) : options_(options) {
  const auto& o = options_;
  weight = register_parameter("weight", torch::empty({o.out, o.in, o.kernel, o.kernel}));
  bias = register_parameter(
      "bias", o.bias ? torch::empty({o.out}) : torch::Tensor(), /*requires_grad=*/o.bias);
  start_parameters(weight, bias);
}

torch::Tensor Conv2dImpl::forward(const torch::Tensor& x, const torch::Tensor& residual) {
  if (prepared_) {
    torch::Tensor y = prepared_->forward(x);
    if (residual.defined()) y.add_(residual);
    return y;
  }
  const torch::Tensor y =
      torch::conv2d(x.is_cpu() ? x.contiguous(torch::MemoryFormat::ChannelsLast) : x,
                    weight,
                    bias,
                    options_.stride,
                    options_.padding);
  return residual.defined() ? y + residual : y;
}

void Conv2dImpl::prepare(torch::ScalarType dtype) {
  if (prepared_) return check_prepared_as(*prepared_, dtype);
  const int64_t padding = options_.padding;
  prepared_ = prepare_convolution(weight.detach(),
                                  bias.defined() ? bias.detach() : bias,
                                  options_.stride,
                                  {padding, padding, padding, padding},
                                  dtype);
  if (prepared_) {
    release(weight);
    release(bias);
    return;
  }
  weight.set_data(weight.to(dtype).contiguous(torch::MemoryFormat::ChannelsLast));
  if (bias.defined()) bias.set_data(bias.to(dtype));
}

}  // namespace lienzo::nn
