#include "lienzo/nn/group_norm.h"

#include <gtest/gtest.h>
#include <torch/types.h>
#include <torch/utils.h>

#include "compare.h"
#include "lienzo/base/error.h"

namespace lienzo::nn {
namespace {

constexpr auto kChannelsLast = torch::MemoryFormat::ChannelsLast;

struct GroupNormCase {
  int64_t batch, groups, channels, height, width;
};

// The formula in double precision.
torch::Tensor reference(const torch::Tensor& x,
                        const torch::Tensor& weight,
                        const torch::Tensor& bias,
                        int64_t groups,
                        double epsilon,
                        bool silu,
                        const torch::Tensor& add) {
  torch::Tensor u = x.to(torch::kDouble);
  if (add.defined()) u = u + add.to(torch::kDouble).unsqueeze(2).unsqueeze(3);
  const torch::Tensor parts = u.reshape({x.size(0), groups, -1});
  const torch::Tensor centred = parts - parts.mean(2, /*keepdim=*/true);
  const torch::Tensor variance = centred.square().mean(2, /*keepdim=*/true);
  u = (centred / torch::sqrt(variance + epsilon)).reshape(x.sizes());
  u = u * weight.to(torch::kDouble).view({1, -1, 1, 1}) +
      bias.to(torch::kDouble).view({1, -1, 1, 1});
  return silu ? u * torch::sigmoid(u) : u;
}

class GroupNorms : public testing::TestWithParam<GroupNormCase> {};

TEST_P(GroupNorms, EqualTheFormula) {
  const GroupNormCase& test = GetParam();
  torch::manual_seed(1);
  const torch::Tensor weight = torch::randn({test.channels}), bias = torch::randn({test.channels});
  for (const auto type : {torch::kFloat, torch::kBFloat16}) {
    const double tolerance = type == torch::kFloat ? 1e-6 : kBfloatRounding;
    const torch::Tensor x =
        (torch::randn({test.batch, test.channels, test.height, test.width}) * 3 + 1).to(type);
    const torch::Tensor add = torch::randn({test.batch, test.channels}).to(type);
    for (const bool silu : {false, true}) {
      for (const torch::Tensor& added : {torch::Tensor(), add}) {
        const torch::Tensor wanted = reference(x, weight, bias, test.groups, 1e-5, silu, added);
        for (const auto format : {kChannelsLast, torch::MemoryFormat::Contiguous}) {
          const torch::Tensor y =
              group_norm(x.contiguous(format), weight, bias, test.groups, 1e-5, silu, added);
          EXPECT_EQ(y.scalar_type(), type);
          EXPECT_TRUE(y.is_contiguous(kChannelsLast));
          EXPECT_LT(error_of(y, wanted), tolerance);
        }
        EXPECT_LT(
            error_of(group_norm_plain(x, weight, bias, test.groups, 1e-5, silu, added), wanted),
            type == torch::kFloat ? 3e-6 : kBfloatRounding);
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Shapes,
                         GroupNorms,
                         testing::Values(GroupNormCase{2, 32, 320, 16, 16},
                                         GroupNormCase{1, 32, 128, 40, 52},
                                         GroupNormCase{3, 8, 32, 5, 7},
                                         GroupNormCase{2, 1, 19, 3, 3},
                                         GroupNormCase{2, 19, 19, 4, 9},
                                         GroupNormCase{1, 32, 2560, 8, 8},
                                         GroupNormCase{2, 4, 12, 1, 1}));

// A mean of a thousand deviations costs six digits where squares are simply added up. Half a digit
// goes where the mean is rounded to fp32.
TEST(GroupNorm, SurvivesALargeMean) {
  torch::manual_seed(2);
  const torch::Tensor x = torch::randn({1, 64, 33, 31}) + 1000;
  const torch::Tensor weight = torch::ones({64}), bias = torch::zeros({64});
  const torch::Tensor wanted = reference(x, weight, bias, 32, 1e-5, false, {});
  EXPECT_LT(error_of(group_norm(x, weight, bias, 32, 1e-5, false), wanted), 1e-5);
}

TEST(GroupNorm, SurvivesAnOutlierAndAConstant) {
  const torch::Tensor weight = torch::ones({8}), bias = torch::zeros({8});
  torch::Tensor x = torch::randn({1, 8, 20, 20});
  x[0][0][0][0] = 1e5;
  const torch::Tensor wanted = reference(x, weight, bias, 2, 1e-5, true, {});
  EXPECT_LT(error_of(group_norm(x, weight, bias, 2, 1e-5, true), wanted), 1e-6);
  const torch::Tensor flat =
      group_norm(torch::full({1, 8, 20, 20}, 3.7), weight, bias, 2, 1e-5, false);
  EXPECT_LT(flat.abs().max().item<double>(), 1e-3);
}

TEST(GroupNorm, DependsOnNeitherThreadsNorTheRestOfTheBatch) {
  torch::manual_seed(3);
  const torch::Tensor weight = torch::randn({320}), bias = torch::randn({320});
  const torch::Tensor x = torch::randn({3, 320, 48, 33}), add = torch::randn({3, 320});
  const auto run = [&] { return group_norm(x, weight, bias, 32, 1e-5, true, add); };
  const torch::Tensor one = with_threads(1, run);
  EXPECT_TRUE(torch::equal(one, with_threads(2, run)));
  EXPECT_TRUE(
      torch::equal(one.slice(0, 1, 2),
                   group_norm(x.slice(0, 1, 2), weight, bias, 32, 1e-5, true, add.slice(0, 1, 2))));
}

TEST(GroupNorm, GivesGradients) {
  GroupNorm norm(2, 4, 1e-5);
  const torch::Tensor x = torch::randn({2, 4, 3, 3}).requires_grad_(true);
  const torch::Tensor add = torch::randn({2, 4}).requires_grad_(true);
  norm(x, /*silu=*/true, add).square().sum().backward();
  EXPECT_GT(x.grad().abs().max().item<double>(), 0);
  EXPECT_GT(add.grad().abs().max().item<double>(), 0);
  EXPECT_GT(norm->weight.grad().abs().max().item<double>(), 0);
}

TEST(GroupNorm, RefusesShapesThatDisagree) {
  const torch::Tensor weight = torch::ones({6}), bias = torch::zeros({6});
  const torch::Tensor x = torch::randn({1, 6, 2, 2});
  EXPECT_THROW(group_norm(x, weight, bias, 4, 1e-5, false), Error);
  EXPECT_THROW(group_norm(x, weight, bias, 0, 1e-5, false), Error);
  EXPECT_THROW(group_norm(x[0], weight, bias, 2, 1e-5, false), Error);
  EXPECT_THROW(group_norm(x, torch::ones({5}), bias, 2, 1e-5, false), Error);
  EXPECT_THROW(group_norm(x, weight, bias, 2, 1e-5, false, torch::ones({1, 5})), Error);
  EXPECT_EQ(group_norm(x.slice(0, 0, 0), weight, bias, 2, 1e-5, false).numel(), 0);
}

TEST(GroupNorm, OtherTypesTakeThePlainWay) {
  const torch::Tensor x = torch::randn({1, 6, 2, 2}, torch::kDouble);
  EXPECT_EQ(group_norm(x, torch::ones({6}), torch::zeros({6}), 2, 1e-5, false).scalar_type(),
            torch::kDouble);
}

}  // namespace
}  // namespace lienzo::nn
