#include "lienzo/nn/linear.h"

#include <gtest/gtest.h>
#include <torch/nn/modules/linear.h>
#include <torch/types.h>
#include <torch/utils.h>

#include "compare.h"
#include "lienzo/base/error.h"

namespace lienzo::nn {
namespace {

struct LinearCase {
  int64_t rows, in, out;
  bool bias;
};

class Linears : public testing::TestWithParam<LinearCase> {
 protected:
  static Linear make() {
    torch::manual_seed(7);
    return Linear(GetParam().in, GetParam().out, GetParam().bias);
  }
  static torch::Tensor input() {
    torch::manual_seed(8);
    return torch::randn({GetParam().rows, GetParam().in});
  }
};

TEST_P(Linears, EqualPlainOperationsPreparedAndNot) {
  for (const auto type : {torch::kFloat, torch::kBFloat16}) {
    const double tolerance = type == torch::kFloat ? 1e-6 : 1.5 * kBfloatRounding;
    Linear layer = make();
    const torch::Tensor x = input().to(type);
    {
      const torch::NoGradGuard no_grad;
      layer->weight.set_data(layer->weight.to(type).to(torch::kFloat));
    }
    torch::Tensor wanted =
        x.to(torch::kDouble).matmul(layer->weight.detach().to(torch::kDouble).t());
    if (layer->bias.defined()) wanted = wanted + layer->bias.detach();
    const torch::Tensor residual = torch::randn(wanted.sizes()).to(type);
    EXPECT_LT(error_of(layer(x.to(torch::kFloat), residual), wanted + residual), 2e-6);
    layer->prepare(type);
    const torch::InferenceMode inference;
    const torch::Tensor y = layer(x);
    EXPECT_EQ(y.scalar_type(), type);
    EXPECT_TRUE(y.is_contiguous());
    EXPECT_LT(error_of(y, wanted), tolerance);
    EXPECT_LT(error_of(layer(x.unsqueeze(0), residual.unsqueeze(0)).squeeze(0), wanted + residual),
              2 * tolerance);
  }
}

TEST_P(Linears, DependOnNeitherThreadsNorTheRestOfTheBatch) {
  for (const auto type : {torch::kFloat, torch::kBFloat16}) {
    Linear layer = make();
    layer->prepare(type);
    if (!is_prepared(layer)) GTEST_SKIP() << "no fast layers here";
    const torch::InferenceMode inference;
    const torch::Tensor x = input().to(type);
    const torch::Tensor one = with_threads(1, [&] { return layer(x); });
    EXPECT_TRUE(torch::equal(one, with_threads(2, [&] { return layer(x); })));
    const int64_t half = (GetParam().rows + 1) / 2;
    EXPECT_TRUE(torch::equal(one.slice(0, 0, half), layer(x.slice(0, 0, half))));
    const torch::Tensor pictures = torch::stack({x, x * 2, x * 3}), all = layer(pictures);
    EXPECT_TRUE(torch::equal(all.slice(0, 1, 2), layer(pictures.slice(0, 1, 2))));
  }
}

INSTANTIATE_TEST_SUITE_P(Shapes,
                         Linears,
                         testing::Values(LinearCase{256, 320, 320, true},
                                         LinearCase{154, 768, 320, false},
                                         LinearCase{64, 320, 2560, true},
                                         LinearCase{77, 1280, 640, true},
                                         LinearCase{1, 320, 1280, true},
                                         LinearCase{2, 1280, 1280, true},
                                         LinearCase{5, 17, 23, true},
                                         LinearCase{3, 1, 1, false},
                                         LinearCase{129, 63, 65, false}));

TEST(Linear, KeepsTheLeadingAxes) {
  for (const bool prepared : {false, true}) {
    Linear layer(6, 4);
    if (prepared) layer->prepare(torch::kFloat);
    const torch::InferenceMode inference;
    EXPECT_EQ(layer(torch::randn({6})).sizes(), (torch::IntArrayRef{4}));
    EXPECT_EQ(layer(torch::randn({2, 3, 5, 6})).sizes(), (torch::IntArrayRef{2, 3, 5, 4}));
    EXPECT_EQ(layer(torch::randn({0, 6})).sizes(), (torch::IntArrayRef{0, 4}));
  }
}

TEST(Linear, ReadsStridedInput) {
  torch::manual_seed(2);
  Linear layer(8, 5);
  const torch::Tensor x = torch::randn({2, 8, 7});
  const torch::Tensor wanted = layer(x.transpose(1, 2).contiguous()).detach();
  layer->prepare(torch::kFloat);
  EXPECT_LT(error_of(layer(x.transpose(1, 2)), wanted), 1e-6);
}

TEST(Linear, StartsAsLibtorchDoes) {
  torch::manual_seed(3);
  Linear ours(5, 6);
  torch::manual_seed(3);
  torch::nn::Linear theirs(5, 6);
  EXPECT_TRUE(torch::equal(ours->weight, theirs->weight));
  EXPECT_TRUE(torch::equal(ours->bias, theirs->bias));
}

TEST(Linear, PreparedRefusesWhatItCannotDo) {
  Linear layer(3, 4);
  layer->prepare(torch::kFloat);
  if (!is_prepared(layer)) GTEST_SKIP() << "no fast layers here";
  EXPECT_THROW(layer(torch::randn({2, 4})), Error);
  EXPECT_THROW(layer(torch::randn({2, 3}).to(torch::kBFloat16)), Error);
  EXPECT_THROW(layer(torch::randn({2, 3}).requires_grad_(true)), Error);
}

}  // namespace
}  // namespace lienzo::nn
