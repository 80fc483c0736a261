#include "lienzo/nn/conv2d.h"

#include <gtest/gtest.h>
#include <torch/nn/modules/conv.h>
#include <torch/types.h>
#include <torch/utils.h>

#include "compare.h"
#include "lienzo/base/error.h"

namespace lienzo::nn {
namespace {

constexpr double kSumRounding = 4e-6;  // of fp32 sums of some thousand terms

struct Conv2dCase {
  Conv2dOptions options;
  int64_t batch, height, width;
};

class Convolutions : public testing::TestWithParam<Conv2dCase> {
 protected:
  static Conv2d make() {
    torch::manual_seed(7);
    return Conv2d(GetParam().options);
  }
  static torch::Tensor input() {
    const Conv2dCase& test = GetParam();
    torch::manual_seed(8);
    return torch::randn({test.batch, test.options.in, test.height, test.width});
  }
  static torch::Tensor reference(const Conv2d& layer, const torch::Tensor& x) {
    const auto wide = [](const torch::Tensor& t) {
      return t.defined() ? t.detach().to(torch::kDouble) : t;
    };
    return torch::conv2d(x.to(torch::kDouble),
                         wide(layer->weight),
                         wide(layer->bias),
                         GetParam().options.stride,
                         GetParam().options.padding);
  }
};

TEST_P(Convolutions, EqualPlainOperationsPreparedAndNot) {
  for (const auto type : {torch::kFloat, torch::kBFloat16}) {
    const double tolerance = type == torch::kFloat ? kSumRounding : 1.5 * kBfloatRounding;
    Conv2d layer = make();
    const torch::Tensor x = input().to(type);
    {
      const torch::NoGradGuard no_grad;
      layer->weight.set_data(layer->weight.to(type).to(torch::kFloat));
    }
    const torch::Tensor wanted = reference(layer, x);
    const torch::Tensor residual = torch::randn(wanted.sizes()).to(type);
    EXPECT_LT(error_of(layer(x.to(torch::kFloat)), wanted), kSumRounding);
    EXPECT_LT(error_of(layer(x.to(torch::kFloat), residual), wanted + residual), kSumRounding);
    layer->prepare(type);
    const torch::InferenceMode inference;
    const torch::Tensor y = layer(x);
    EXPECT_EQ(y.scalar_type(), type);
    EXPECT_EQ(y.sizes(), wanted.sizes());
    EXPECT_TRUE(y.is_contiguous(torch::MemoryFormat::ChannelsLast));
    EXPECT_LT(error_of(y, wanted), tolerance);
    EXPECT_LT(error_of(layer(x.contiguous(torch::MemoryFormat::ChannelsLast)), wanted), tolerance);
    EXPECT_LT(error_of(layer(x, residual), wanted + residual), 2 * tolerance);
  }
}

TEST_P(Convolutions, DependOnNeitherThreadsNorTheRestOfTheBatch) {
  for (const auto type : {torch::kFloat, torch::kBFloat16}) {
    Conv2d layer = make();
    layer->prepare(type);
    if (!is_prepared(layer)) GTEST_SKIP() << "no fast layers here";
    const torch::InferenceMode inference;
    const torch::Tensor x = input().to(type);
    const torch::Tensor one = with_threads(1, [&] { return layer(x); });
    EXPECT_TRUE(torch::equal(one, with_threads(2, [&] { return layer(x); })));
    EXPECT_TRUE(torch::equal(one.slice(0, 0, 1), layer(x.slice(0, 0, 1))));
  }
}

INSTANTIATE_TEST_SUITE_P(
    Shapes,
    Convolutions,
    testing::Values(
        Conv2dCase{{.in = 32, .out = 64}, 2, 16, 16},
        Conv2dCase{{.in = 320, .out = 320}, 2, 20, 20},
        Conv2dCase{{.in = 320, .out = 320}, 2, 8, 8},
        Conv2dCase{{.in = 640, .out = 320}, 3, 9, 7},
        Conv2dCase{{.in = 4, .out = 320}, 1, 24, 40},
        Conv2dCase{{.in = 320, .out = 4}, 2, 16, 16},
        Conv2dCase{{.in = 7, .out = 19}, 3, 5, 9},
        Conv2dCase{{.in = 9, .out = 33, .bias = false}, 2, 11, 6},
        Conv2dCase{{.in = 64, .out = 64, .stride = 2}, 2, 17, 12},
        Conv2dCase{{.in = 64, .out = 48, .stride = 2, .padding = 0}, 1, 15, 17},
        Conv2dCase{{.in = 128, .out = 96, .kernel = 1, .padding = 0}, 2, 9, 8},
        Conv2dCase{{.in = 13, .out = 5, .kernel = 1, .padding = 0, .bias = false}, 1, 3, 3},
        Conv2dCase{{.in = 16, .out = 24, .kernel = 1, .stride = 2, .padding = 0}, 2, 8, 8},
        Conv2dCase{{.in = 3, .out = 32, .kernel = 16, .stride = 16, .padding = 0}, 1, 32, 48},
        Conv2dCase{{.in = 1, .out = 1}, 1, 1, 1}));

TEST(Conv2d, TrainsLikeAnyLayerUntilPrepared) {
  Conv2d layer(Conv2dOptions{.in = 3, .out = 4});
  layer(torch::randn({1, 3, 6, 6}), torch::randn({1, 4, 6, 6})).sum().backward();
  EXPECT_TRUE(layer->weight.grad().defined());
  EXPECT_NEAR(layer->bias.grad()[0].item<double>(), 36, 1e-4);
}

TEST(Conv2d, StartsAsLibtorchDoes) {
  torch::manual_seed(3);
  Conv2d ours(Conv2dOptions{.in = 5, .out = 6, .kernel = 3});
  torch::manual_seed(3);
  torch::nn::Conv2d theirs(torch::nn::Conv2dOptions(5, 6, 3));
  EXPECT_TRUE(torch::equal(ours->weight, theirs->weight));
  EXPECT_TRUE(torch::equal(ours->bias, theirs->bias));
}

TEST(Conv2d, PreparedFollowsTheSizeOfThePictures) {
  torch::manual_seed(5);
  Conv2d layer(Conv2dOptions{.in = 64, .out = 64});
  const torch::Tensor weight = layer->weight.detach().clone(), bias = layer->bias.detach().clone();
  layer->prepare(torch::kFloat);
  const torch::InferenceMode inference;
  for (int round = 0; round < 2; ++round) {
    for (int64_t size = 1; size < 80; size += 6) {
      const torch::Tensor x = torch::randn({1, 64, size, size + 1});
      ASSERT_LT(error_of(layer(x), torch::conv2d(x, weight, bias, 1, 1)), 2e-6) << size;
    }
  }
}

TEST(Conv2d, PreparedRefusesWhatItCannotDo) {
  Conv2d layer(Conv2dOptions{.in = 3, .out = 4});
  layer->prepare(torch::kFloat);
  if (!is_prepared(layer)) GTEST_SKIP() << "no fast layers here";
  EXPECT_THROW(layer(torch::randn({1, 4, 6, 6})), Error);
  EXPECT_THROW(layer(torch::randn({3, 6, 6})), Error);
  EXPECT_THROW(layer(torch::randn({1, 3, 6, 6}).to(torch::kBFloat16)), Error);
  EXPECT_THROW(layer(torch::randn({1, 3, 6, 6}).requires_grad_(true)), Error);
  EXPECT_EQ(layer(torch::randn({0, 3, 6, 6})).size(0), 0);
  Conv2d shrinking(Conv2dOptions{.in = 3, .out = 4, .padding = 0});
  shrinking->prepare(torch::kFloat);
  EXPECT_THROW(shrinking(torch::randn({1, 3, 2, 2})), Error);
}

}  // namespace
}  // namespace lienzo::nn
