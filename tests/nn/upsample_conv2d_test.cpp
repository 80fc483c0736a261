#include "lienzo/nn/upsample_conv2d.h"

#include <gtest/gtest.h>
#include <torch/nn/modules/conv.h>
#include <torch/types.h>
#include <torch/utils.h>

#include <array>

#include "compare.h"
#include "lienzo/base/error.h"
#include "lienzo/nn/upsample.h"

namespace lienzo::nn {
namespace {

torch::Tensor reference(const UpsampleConv2d& layer,
                        const torch::Tensor& x,
                        int64_t height,
                        int64_t width) {
  const torch::Tensor doubled = x.to(torch::kDouble)
                                    .repeat_interleave(2, 2)
                                    .repeat_interleave(2, 3)
                                    .slice(2, 0, height)
                                    .slice(3, 0, width);
  return torch::conv2d(doubled,
                       layer->weight.detach().to(torch::kDouble),
                       layer->bias.detach().to(torch::kDouble),
                       1,
                       1);
}

TEST(UpsampleConv2d, EqualsTheConvolutionOfTheDoubledPicture) {
  torch::manual_seed(1);
  for (const auto type : {torch::kFloat, torch::kBFloat16}) {
    const double tolerance = type == torch::kFloat ? 4e-6 : 2 * kBfloatRounding;
    for (const auto& [channels, out, height, width] : {std::array<int64_t, 4>{64, 64, 8, 8},
                                                       {320, 48, 5, 9},
                                                       {320, 323, 3, 4},
                                                       {7, 10, 1, 3},
                                                       {48, 16, 1, 1}}) {
      UpsampleConv2d layer(channels, out);
      const torch::Tensor x = torch::randn({2, channels, height, width}).to(type);
      const torch::Tensor whole = reference(layer, x, 2 * height, 2 * width),
                          cut = reference(layer, x, 2 * height - 1, 2 * width - 1),
                          low = reference(layer, x, 2 * height - 1, 2 * width);
      EXPECT_LT(error_of(layer(x.to(torch::kFloat)).detach(), whole), 4e-6);
      EXPECT_LT(error_of(layer->forward_cut(x.to(torch::kFloat), 2 * height - 1, 2 * width), low),
                4e-6);
      layer->prepare(type);
      layer->prepare(type);  // once more changes nothing
      const torch::InferenceMode inference;
      const torch::Tensor y = layer(x);
      EXPECT_EQ(y.scalar_type(), type);
      EXPECT_TRUE(y.is_contiguous(torch::MemoryFormat::ChannelsLast));
      EXPECT_LT(error_of(y, whole), tolerance);
      EXPECT_LT(error_of(layer->forward_cut(x, 2 * height - 1, 2 * width - 1), cut), tolerance);
      EXPECT_LT(error_of(layer->forward_cut(x, 2 * height - 1, 2 * width), low), tolerance);
    }
  }
}

TEST(UpsampleConv2d, DependsOnNeitherThreadsNorTheRestOfTheBatch) {
  torch::manual_seed(2);
  UpsampleConv2d layer(64, 64);
  layer->prepare(torch::kFloat);
  if (!is_prepared(layer)) GTEST_SKIP() << "no fast layers here";
  const torch::InferenceMode inference;
  const torch::Tensor x = torch::randn({2, 64, 16, 11});
  const torch::Tensor one = with_threads(1, [&] { return layer(x); });
  EXPECT_TRUE(torch::equal(one, with_threads(2, [&] { return layer(x); })));
  EXPECT_TRUE(torch::equal(one.slice(0, 0, 1), layer(x.slice(0, 0, 1))));
}

TEST(UpsampleConv2d, StartsAsLibtorchDoesAndTrains) {
  torch::manual_seed(3);
  UpsampleConv2d ours(5, 6);
  torch::manual_seed(3);
  torch::nn::Conv2d theirs(torch::nn::Conv2dOptions(5, 6, 3));
  EXPECT_TRUE(torch::equal(ours->weight, theirs->weight));
  EXPECT_TRUE(torch::equal(ours->bias, theirs->bias));
  ours(torch::randn({1, 5, 2, 2})).sum().backward();
  EXPECT_TRUE(ours->weight.grad().defined());
}

TEST(UpsampleConv2d, RefusesOtherSizes) {
  UpsampleConv2d layer(4, 4);
  const torch::Tensor x = torch::randn({1, 4, 3, 3});
  EXPECT_THROW(layer->forward_cut(x, 4, 6), Error);
  EXPECT_THROW(layer->forward_cut(x, 6, 7), Error);
  EXPECT_THROW(layer(x[0]), Error);
}

}  // namespace
}  // namespace lienzo::nn
