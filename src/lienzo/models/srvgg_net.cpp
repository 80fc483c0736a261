#include "lienzo/models/srvgg_net.h"

#include <torch/types.h>

#include <string>

#include "lienzo/tensor/shape.h"

namespace lienzo::models {

SrvggNetImpl::SrvggNetImpl(const SrvggNetConfig& config) : config_(config) {
  const auto body = register_module("body", std::make_shared<torch::nn::Module>());
  const auto add = [&](int64_t in, int64_t out) {
    const size_t number = convolutions_.size() + slopes_.size();
    convolutions_.push_back(body->register_module(
        std::to_string(number), nn::Conv2d(nn::Conv2dOptions{.in = in, .out = out})));
  };
  for (int64_t i = 0; i <= config.convolutions; ++i) {
    add(i == 0 ? config.channels : config.width, config.width);
    auto slope = std::make_shared<torch::nn::Module>();
    slope->register_parameter("weight", torch::full({config.width}, 0.25));
    slopes_.push_back(body->register_module(std::to_string(convolutions_.size() + slopes_.size()),
                                            std::move(slope)));
  }
  add(config.width, config.channels * config.factor * config.factor);
}

torch::Tensor SrvggNetImpl::forward(const torch::Tensor& x) {
  tensor::check_shape(x, {-1, config_.channels, -1, -1}, "srvgg_net.x");
  torch::Tensor h = x;
  for (size_t i = 0; i < slopes_.size(); ++i)
    h = at::prelu(convolutions_[i](h), slopes_[i]->named_parameters(false)["weight"]);
  h = at::pixel_shuffle(convolutions_.back()(h), config_.factor);
  return h + at::upsample_nearest2d(x, {h.size(2), h.size(3)});
}

}  // namespace lienzo::models
