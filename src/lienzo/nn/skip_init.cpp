#include "lienzo/nn/skip_init.h"

#include <torch/nn/init.h>
#include <torch/types.h>

#include <cmath>

namespace lienzo::nn {
namespace {
thread_local int alive = 0;
}  // namespace

SkipInit::SkipInit() { ++alive; }
SkipInit::~SkipInit() { --alive; }
bool SkipInit::active() { return alive > 0; }

void start_parameters(const torch::Tensor& weight, const torch::Tensor& bias) {
  if (SkipInit::active()) return;
  torch::nn::init::kaiming_uniform_(weight, std::sqrt(5.0));
  if (!bias.defined()) return;
  const double fan_in = static_cast<double>(weight.numel()) / static_cast<double>(weight.size(0));
  const double bound = 1 / std::sqrt(fan_in);
  torch::nn::init::uniform_(bias, -bound, bound);
}

}  // namespace lienzo::nn
