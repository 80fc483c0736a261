#include "lienzo/nn/prepare.h"

#include <gtest/gtest.h>
#include <torch/nn/module.h>
#include <torch/nn/modules/embedding.h>
#include <torch/types.h>
#include <torch/utils.h>

#include <array>
#include <initializer_list>
#include <thread>

#include "compare.h"
#include "lienzo/base/error.h"
#include "lienzo/nn/conv2d.h"
#include "lienzo/nn/group_norm.h"
#include "lienzo/nn/layer_norm.h"
#include "lienzo/nn/linear.h"
#include "lienzo/nn/skip_init.h"

namespace lienzo::nn {
namespace {

struct Network : torch::nn::Module {
  Network()
      : conv(register_module("conv", Conv2d(Conv2dOptions{.in = 8, .out = 16}))),
        norm(register_module("norm", GroupNorm(4, 16, 1e-5))),
        linear(register_module("linear", Linear(16, 12, /*bias=*/false))),
        rows(register_module("rows", LayerNorm(12))),
        words(register_module("words", torch::nn::Embedding(5, 12))),
        scale(register_buffer("scale", torch::full({12}, 0.5))),
        positions(register_buffer("positions", torch::arange(5))) {}

  torch::Tensor forward(const torch::Tensor& x) {
    const torch::Tensor h = norm(conv(x), /*silu=*/true).permute({0, 2, 3, 1});
    return rows(linear(h)) * scale + words(positions)[3];
  }

  Conv2d conv;
  GroupNorm norm;
  Linear linear;
  LayerNorm rows;
  torch::nn::Embedding words;
  torch::Tensor scale, positions;
};

TEST(Prepare, ChangesTheTypeAndNotTheNumbers) {
  torch::manual_seed(1);
  for (const auto type : {torch::kFloat, torch::kBFloat16}) {
    Network network;
    const torch::Tensor x = torch::randn({2, 8, 6, 5});
    const torch::Tensor before = network.forward(x).detach();
    prepare_for_inference(network, type);
    const torch::Tensor after = network.forward(x.to(type));
    EXPECT_EQ(after.scalar_type(), type);
    EXPECT_FALSE(after.requires_grad());
    EXPECT_LT(error_of(after, before), type == torch::kFloat ? 2e-6 : 0.03);
    prepare_for_inference(network, type);  // once more changes nothing
    EXPECT_TRUE(torch::equal(network.forward(x.to(type)), after));
  }
}

TEST(Prepare, KeepsNormsInFloatAndConvertsTheRest) {
  Network network;
  prepare_for_inference(network, torch::kBFloat16);
  EXPECT_EQ(network.norm->weight.scalar_type(), torch::kFloat);
  EXPECT_EQ(network.rows->bias.scalar_type(), torch::kFloat);
  EXPECT_EQ(network.words->weight.scalar_type(), torch::kBFloat16);
  EXPECT_EQ(network.scale.scalar_type(), torch::kBFloat16);
  EXPECT_EQ(network.positions.scalar_type(), torch::kLong);
  EXPECT_FALSE(network.is_training());
  for (const auto& parameter : network.named_parameters())
    EXPECT_FALSE(parameter.value().requires_grad()) << parameter.key();
}

TEST(Prepare, TakesWeightsOfAnyFloatingType) {
  torch::manual_seed(2);
  const torch::Tensor x = torch::randn({3, 16});
  Linear layer(16, 8);
  layer->weight.set_data(layer->weight.to(torch::kHalf));
  const torch::Tensor wanted =
      x.matmul(layer->weight.detach().to(torch::kFloat).t()) + layer->bias.detach();
  prepare_for_inference(*layer, torch::kFloat);
  EXPECT_LT(error_of(layer(x), wanted), 1e-6);
}

// Converted piece by piece on the way into the packed order, or beforehand.
TEST(Prepare, GivesTheSameBitsFromHalvesAsFromTheirValues) {
  torch::manual_seed(8);
  const torch::InferenceMode inference;
  for (const auto& [out, in] : {std::array<int64_t, 2>{1, 3}, {19, 7}, {320, 40}, {1283, 24}}) {
    Linear narrow(in, out), wide(in, out);
    narrow->weight.set_data(narrow->weight.to(torch::kHalf));
    wide->weight.set_data(narrow->weight.to(torch::kFloat));
    wide->bias.set_data(narrow->bias.clone());
    Conv2d narrow_conv(Conv2dOptions{.in = in, .out = out}), wide_conv(narrow_conv->options());
    narrow_conv->weight.set_data(narrow_conv->weight.to(torch::kHalf));
    wide_conv->weight.set_data(narrow_conv->weight.to(torch::kFloat));
    wide_conv->bias.set_data(narrow_conv->bias.clone());
    const torch::Tensor x = torch::randn({5, in}), picture = torch::randn({1, in, 6, 9});
    const torch::Tensor plain = wide(x), plain_conv = wide_conv(picture);
    for (torch::nn::Module* layer : std::initializer_list<torch::nn::Module*>{
             narrow.get(), wide.get(), narrow_conv.get(), wide_conv.get()})
      prepare_for_inference(*layer, torch::kFloat);
    EXPECT_TRUE(torch::equal(narrow(x), wide(x))) << out;
    EXPECT_TRUE(torch::equal(narrow_conv(picture), wide_conv(picture))) << out;
    EXPECT_LT(error_of(narrow(x), plain), 2e-6) << out;
    EXPECT_LT(error_of(narrow_conv(picture), plain_conv), 4e-6) << out;
  }
}

TEST(Prepare, RefusesOtherTypesAndASecondTypeOfPackedWeights) {
  Network network;
  EXPECT_THROW(prepare_for_inference(network, torch::kDouble), Error);
  EXPECT_THROW(prepare_for_inference(network, torch::kInt), Error);
  prepare_for_inference(network, torch::kFloat);
  if (!is_prepared(network.conv)) GTEST_SKIP() << "no fast layers here";
  EXPECT_THROW(prepare_for_inference(network, torch::kBFloat16), Error);
}

TEST(Prepare, LayersMayBeCalledFromSeveralThreads) {
  torch::manual_seed(4);
  Conv2d layer(Conv2dOptions{.in = 64, .out = 64});
  prepare_for_inference(*layer, torch::kFloat);
  const torch::Tensor small = torch::randn({1, 64, 8, 8}), large = torch::randn({1, 64, 40, 40});
  const torch::Tensor small_wanted = layer(small), large_wanted = layer(large);
  const auto repeat = [&](const torch::Tensor& x, const torch::Tensor& wanted, bool& equal) {
    const c10::InferenceMode inference;
    for (int i = 0; i < 20; ++i) equal = equal && error_of(layer(x), wanted) < 1e-6;
  };
  bool first = true, second = true;
  std::thread other([&] { repeat(small, small_wanted, first); });
  repeat(large, large_wanted, second);
  other.join();
  EXPECT_TRUE(first);
  EXPECT_TRUE(second);
}

TEST(SkipInit, LeavesParametersUntouchedOnThisThread) {
  EXPECT_FALSE(SkipInit::active());
  {
    const SkipInit outer;
    { const SkipInit inner; }
    EXPECT_TRUE(SkipInit::active());
    bool elsewhere = true;
    std::thread([&] { elsewhere = SkipInit::active(); }).join();
    EXPECT_FALSE(elsewhere);
    torch::manual_seed(6);
    const torch::Tensor next = torch::rand({1});
    torch::manual_seed(6);
    Linear linear(4, 4);
    Conv2d conv(Conv2dOptions{.in = 4, .out = 4});
    EXPECT_TRUE(torch::equal(torch::rand({1}), next)) << "random numbers were drawn";
    EXPECT_EQ(conv->weight.sizes(), (torch::IntArrayRef{4, 4, 3, 3}));
    EXPECT_TRUE(linear->weight.requires_grad());
  }
  EXPECT_FALSE(SkipInit::active());
}

}  // namespace
}  // namespace lienzo::nn
