#include "lienzo/nn/norm_conv2d.h"

#include <gtest/gtest.h>
#include <torch/types.h>

#include "compare.h"
#include "lienzo/nn/resnet_block_2d.h"
#include "lienzo/nn/upsample_conv2d.h"

namespace lienzo::nn {
namespace {

// 17 MB and 18 MB: more than is kept whole; the rows do not divide into strips.
constexpr int64_t kHeight = 303, kWidth = 222;

torch::Tensor tall(int64_t pictures, int64_t channels) {
  torch::manual_seed(3);
  return torch::randn({pictures, channels, kHeight, kWidth})
      .contiguous(torch::MemoryFormat::ChannelsLast);
}

struct Layers {
  Layers(int64_t in, int64_t out) : norm(8, in, 1e-5), conv(Conv2dOptions{.in = in, .out = out}) {
    const torch::NoGradGuard no_grad;
    norm->weight.normal_();
    norm->bias.normal_();
    norm->prepare(torch::kFloat);
    conv->prepare(torch::kFloat);
  }
  GroupNorm norm;
  Conv2d conv;
};

TEST(NormConv2d, HasTheBitsOfTheLayersOneAfterTheOther) {
  torch::manual_seed(1);
  Layers layers(64, 24);
  if (!layers.conv->prepared()) GTEST_SKIP() << "no fast layers here";
  const torch::InferenceMode inference;
  const torch::Tensor x = tall(2, 64), add = torch::randn({2, 64});
  ASSERT_TRUE(wants_strips(x, *layers.conv));
  const torch::Tensor wanted = layers.conv(layers.norm(x, /*silu=*/true, add));
  int64_t rows_done = 0;
  const torch::Tensor got =
      norm_conv2d_in_strips(x,
                            *layers.norm,
                            *layers.conv,
                            add,
                            /*in_place=*/false,
                            [&](int64_t picture, int64_t first, torch::Tensor& rows) {
                              EXPECT_EQ(first, rows_done % kHeight);
                              EXPECT_EQ(picture, rows_done / kHeight);
                              rows_done += rows.size(2);
                            });
  EXPECT_EQ(rows_done, 2 * kHeight);
  EXPECT_TRUE(torch::equal(got, wanted));
  EXPECT_TRUE(got.is_contiguous(torch::MemoryFormat::ChannelsLast));
  EXPECT_TRUE(torch::equal(norm_conv2d(x, *layers.norm, *layers.conv),
                           layers.conv(layers.norm(x, /*silu=*/true))));
}

TEST(NormConv2d, MayTakeThePlaceOfItsInput) {
  torch::manual_seed(2);
  Layers layers(64, 64);
  if (!layers.conv->prepared()) GTEST_SKIP() << "no fast layers here";
  const torch::InferenceMode inference;
  const torch::Tensor x = tall(1, 64);
  const torch::Tensor wanted = layers.conv(layers.norm(x, /*silu=*/true));
  const torch::Tensor got =
      norm_conv2d_in_strips(x, *layers.norm, *layers.conv, {}, /*in_place=*/true);
  EXPECT_EQ(got.data_ptr(), x.data_ptr());
  EXPECT_TRUE(torch::equal(got, wanted));
}

TEST(NormConv2d, LeavesSmallPicturesAndUnpreparedLayersAlone) {
  Layers layers(64, 8);
  EXPECT_FALSE(wants_strips(torch::zeros({9, 64, 32, 32}), *layers.conv));
  Conv2d fresh(Conv2dOptions{.in = 64, .out = 8});
  EXPECT_FALSE(wants_strips(tall(1, 64), *fresh));
  Conv2d halving(Conv2dOptions{.in = 64, .out = 8, .stride = 2});
  halving->prepare(torch::kFloat);
  EXPECT_FALSE(wants_strips(tall(1, 64), *halving));
}

TEST(ResnetBlock2d, OfATallPictureHasTheNumbersOfPlainOperations) {
  torch::manual_seed(4);
  ResnetBlock2d block(ResnetBlock2dOptions{.in = 64, .out = 72, .embedding = 16, .groups = 8});
  const torch::NoGradGuard no_grad;
  const torch::Tensor x = tall(1, 64), embedding = torch::randn({1, 16});
  const torch::Tensor wanted = block(x, embedding), before = x.clone();
  prepare_for_inference(*block, torch::kFloat);
  EXPECT_LT(error_of(block(x, embedding), wanted), 5e-6);
  EXPECT_TRUE(torch::equal(x, before)) << "the input was written to";
}

TEST(UpsampleConv2d, OfATallPictureHasTheNumbersOfPlainOperations) {
  torch::manual_seed(5);
  UpsampleConv2d layer(32, 40);
  const torch::NoGradGuard no_grad;
  const torch::Tensor x = torch::randn({2, 32, 151, 333});  // 8 MB a phase
  const torch::Tensor wanted = layer(x);
  layer->prepare(torch::kFloat);
  EXPECT_LT(error_of(layer(x), wanted), 5e-6);
}

}  // namespace
}  // namespace lienzo::nn
