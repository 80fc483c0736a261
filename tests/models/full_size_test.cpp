// A full-size network against diffusers: tools/golden/full_size_step.py.
#include <ATen/CPUGeneratorImpl.h>
#include <gtest/gtest.h>
#include <torch/nn/module.h>
#include <torch/types.h>
#include <torch/utils.h>
#include <zlib.h>

#include <algorithm>
#include <cmath>
#include <string>

#include "lienzo/models/unet_2d_condition.h"
#include "lienzo/nn/prepare.h"
#include "lienzo/nn/skip_init.h"
#include "lienzo/weights/safetensors.h"

namespace lienzo::models {
namespace {

// The ring of numbers, as it turns for a name.
torch::Tensor ring(const std::string& name) {
  static const torch::Tensor numbers =
      torch::randn({1'000'003}, at::Generator(at::detail::createCPUGenerator(15)));
  const uLong start =
      crc32(0, reinterpret_cast<const Bytef*>(name.data()), static_cast<uInt>(name.size()));
  return numbers.roll(-static_cast<int64_t>(start % static_cast<uLong>(numbers.numel())));
}

// Goes around the ring until the tensor is full.
void fill_from(const torch::Tensor& ring, const torch::Tensor& target) {
  const torch::Tensor flat = target.view(-1);
  for (int64_t at = 0; at < flat.numel(); at += ring.numel()) {
    const int64_t count = std::min(ring.numel(), flat.numel() - at);
    flat.narrow(0, at, count).copy_(ring.narrow(0, 0, count));
  }
}

void fill(torch::nn::Module& network) {
  for (const auto& parameter : network.named_parameters()) {
    const torch::Tensor target = parameter.value(), noise = ring(parameter.key());
    if (target.dim() > 1) {
      fill_from(noise * (0.7 / std::sqrt(static_cast<double>(target[0].numel()))), target);
    } else {
      fill_from(parameter.key().ends_with(".weight") ? 1 + 0.2 * noise : 0.1 * noise, target);
    }
  }
}

torch::Tensor numbers(const std::string& name, c10::IntArrayRef shape) {
  torch::Tensor filled = torch::empty(shape);
  fill_from(ring(name), filled);
  return filled;
}

double error(const torch::Tensor& got, const torch::Tensor& expected) {
  return ((got.to(torch::kFloat) - expected).abs().max() / expected.abs().max()).item<double>();
}

TEST(FullSize, AStepOfStableDiffusion15IsThatOfDiffusers) {
  const torch::NoGradGuard no_grad;
  UNet2DConditionConfig config;
  config.cross_attention_dim = 768;
  UNet2DCondition unet = [&] {
    const nn::SkipInit numbers_follow;
    return UNet2DCondition(config);
  }();
  fill(*unet);
  const torch::Tensor expected =
      weights::read_safetensors(LIENZO_TEST_DATA "/golden/networks/sd15_step.safetensors")
          .at("out");
  const torch::Tensor x = numbers("x", {2, 4, 32, 40}), time = torch::tensor({981.0, 20.0}),
                      context = numbers("context", {2, 77, 768});
  nn::prepare_for_inference(*unet, torch::kFloat);
  EXPECT_LE(error(unet(x, time, UNetConditioning{.context = context}), expected), 1e-5);
}

}  // namespace
}  // namespace lienzo::models
