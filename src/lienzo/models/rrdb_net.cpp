#include "lienzo/models/rrdb_net.h"

#include <fmt/format.h>
#include <torch/types.h>

#include <array>

#include "lienzo/base/error.h"
#include "lienzo/nn/upsample.h"
#include "lienzo/tensor/shape.h"

namespace lienzo::models {
namespace {

constexpr double kResidualScale = 0.2;  // of dense blocks and of threes of them
constexpr double kSlope = 0.2;          // below zero

nn::Conv2d conv(int64_t in, int64_t out) {
  return nn::Conv2d(nn::Conv2dOptions{.in = in, .out = out});
}

torch::Tensor rectified(const torch::Tensor& x) { return at::leaky_relu(x, kSlope); }

// Every convolution sees all that came before it.
struct DenseBlockImpl : torch::nn::Module {
  DenseBlockImpl(int64_t width, int64_t growth) {
    for (int64_t i = 0; i < 5; ++i) {
      convolutions.push_back(register_module(fmt::format("conv{}", i + 1),
                                             conv(width + i * growth, i < 4 ? growth : width)));
    }
  }
  torch::Tensor forward(const torch::Tensor& x) {
    torch::Tensor seen = x;
    for (size_t i = 0; i < 4; ++i) seen = torch::cat({seen, rectified(convolutions[i](seen))}, 1);
    return x + convolutions[4](seen) * kResidualScale;
  }
  std::vector<nn::Conv2d> convolutions;
};
TORCH_MODULE(DenseBlock);

struct ResidualDenseBlockImpl : torch::nn::Module {
  ResidualDenseBlockImpl(int64_t width, int64_t growth) {
    for (size_t i = 0; i < blocks.size(); ++i)
      blocks[i] = register_module(fmt::format("rdb{}", i + 1), DenseBlock(width, growth));
  }
  torch::Tensor forward(const torch::Tensor& x) {
    torch::Tensor h = x;
    for (DenseBlock& block : blocks) h = block(h);
    return x + h * kResidualScale;
  }
  std::array<DenseBlock, 3> blocks = {nullptr, nullptr, nullptr};
};
TORCH_MODULE(ResidualDenseBlock);

}  // namespace

RrdbNetImpl::RrdbNetImpl(const RrdbNetConfig& config) : config_(config) {
  const int64_t width = config.width;
  conv_first_ =
      register_module("conv_first", conv(config.channels * config.folding * config.folding, width));
  body_ = register_module("body", torch::nn::ModuleList());
  for (int64_t i = 0; i < config.blocks; ++i)
    body_->push_back(ResidualDenseBlock(width, config.growth));
  conv_body_ = register_module("conv_body", conv(width, width));
  for (int64_t i = 0; i < config.doublings; ++i)
    conv_up_.push_back(register_module(fmt::format("conv_up{}", i + 1), conv(width, width)));
  conv_hr_ = register_module("conv_hr", conv(width, width));
  conv_last_ = register_module("conv_last", conv(width, config.channels));
}

torch::Tensor RrdbNetImpl::forward(const torch::Tensor& x) {
  tensor::check_shape(x, {-1, config_.channels, -1, -1}, "rrdb_net.x");
  if (x.size(2) % config_.folding != 0 || x.size(3) % config_.folding != 0) {
    throw Error(ErrorKind::kInvalidInput,
                fmt::format("[rrdb_net] a picture of {}x{}, expected multiples of {}",
                            x.size(3),
                            x.size(2),
                            config_.folding));
  }
  const torch::Tensor first =
      conv_first_(config_.folding > 1 ? at::pixel_unshuffle(x, config_.folding) : x);
  torch::Tensor h = first;
  for (const auto& block : *body_) h = block->as<ResidualDenseBlockImpl>()->forward(h);
  h = conv_body_(h, /*residual=*/first);
  for (nn::Conv2d& up : conv_up_) h = rectified(up(nn::upsample_twice(h)));
  return conv_last_(rectified(conv_hr_(h)));
}

}  // namespace lienzo::models
