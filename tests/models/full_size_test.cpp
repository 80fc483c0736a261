// A full-size network against diffusers: tools/golden/full_size_step.py.
#include <ATen/CPUGeneratorImpl.h>
#include <gtest/gtest.h>
#include <torch/nn/module.h>
#include <torch/types.h>
#include <torch/utils.h>
#include <zlib.h>

#include "lienzo/models/unet_2d_condition.h"
#include "lienzo/nn/prepare.h"
#include "lienzo/nn/skip_init.h"
#include "lienzo/weights/safetensors.h"

namespace lienzo::models {
namespace {

torch::Tensor numbers(const std::string& name, c10::IntArrayRef shape) {
  const uLong seed =
      crc32(0, reinterpret_cast<const Bytef*>(name.data()), static_cast<uInt>(name.size()));
  return torch::randn(shape, at::Generator(at::detail::createCPUGenerator(seed)));
}

void fill(torch::nn::Module& network) {
  for (const auto& parameter : network.named_parameters()) {
    const torch::Tensor noise = numbers(parameter.key(), parameter.value().sizes());
    torch::Tensor target = parameter.value();
    const std::string& name = parameter.key();
    if (noise.dim() > 1) {
      target.copy_(noise * (0.7 / std::sqrt(static_cast<double>(noise[0].numel()))));
    } else {
      target.copy_(name.ends_with(".weight") ? 1 + 0.2 * noise : 0.1 * noise);
    }
  }
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
  const torch::Tensor x = numbers("x", {2, 4, 64, 64}), time = torch::tensor({981.0, 20.0}),
                      context = numbers("context", {2, 77, 768});
  nn::prepare_for_inference(*unet, torch::kFloat);
  EXPECT_LE(error(unet(x, time, UNetConditioning{.context = context}), expected), 1e-5);
}

}  // namespace
}  // namespace lienzo::models
