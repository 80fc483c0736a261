#include "lienzo/nn/activations.h"

#include <gtest/gtest.h>
#include <torch/types.h>
#include <torch/utils.h>

#include <cmath>
#include <limits>
#include <string>

#include "compare.h"
#include "lienzo/base/error.h"

namespace lienzo::nn {
namespace {

using Function = torch::Tensor (*)(const torch::Tensor&);

struct ActivationsCase {
  std::string name;
  Function fused, plain;
  double (*formula)(double);
};

void PrintTo(const ActivationsCase& test, std::ostream* out) { *out << test.name; }

class Activations : public testing::TestWithParam<ActivationsCase> {};

// Every float16 in -20..20 is a fair sample of the line.
TEST_P(Activations, EqualTheFormula) {
  const torch::Tensor x = torch::linspace(-20, 20, 40011);
  torch::Tensor wanted = torch::empty({x.numel()}, torch::kDouble);
  for (int64_t i = 0; i < x.numel(); ++i)
    wanted.data_ptr<double>()[i] = GetParam().formula(static_cast<double>(x.data_ptr<float>()[i]));
  const torch::Tensor error = (GetParam().fused(x) - wanted).abs();
  EXPECT_LT((error / x.abs().clamp_min(1e-6)).max().item<double>(), 1e-6);
  EXPECT_LT(error_of(GetParam().plain(x), wanted), 1e-6);
  const torch::Tensor half = x.to(torch::kBFloat16);
  const torch::Tensor y = GetParam().fused(half);
  EXPECT_EQ(y.scalar_type(), torch::kBFloat16);
  EXPECT_LT(((y.to(torch::kFloat) - GetParam().fused(half.to(torch::kFloat))).abs() /
             half.to(torch::kFloat).abs().clamp_min(1e-6))
                .max()
                .item<double>(),
            kBfloatRounding);
}

TEST_P(Activations, KeepOrderShapeAndNan) {
  torch::manual_seed(1);
  const Function f = GetParam().fused;
  const torch::Tensor x = torch::randn({2, 5, 3, 7});
  const torch::Tensor last = x.contiguous(torch::MemoryFormat::ChannelsLast);
  EXPECT_EQ(f(last).strides(), last.strides());
  EXPECT_TRUE(torch::allclose(f(last), f(x)));
  EXPECT_TRUE(torch::allclose(f(x.slice(3, 0, 7, 2)), f(x).slice(3, 0, 7, 2)));
  EXPECT_EQ(f(torch::empty({0, 3})).numel(), 0);
  const float nan = std::numeric_limits<float>::quiet_NaN();
  EXPECT_TRUE(torch::isnan(f(torch::full({20}, nan))).all().item<bool>());
}

TEST_P(Activations, GiveGradients) {
  const torch::Tensor x = torch::randn({9}).requires_grad_(true);
  GetParam().fused(x).sum().backward();
  EXPECT_GT(x.grad().abs().max().item<double>(), 0);
}

INSTANTIATE_TEST_SUITE_P(
    Functions,
    Activations,
    testing::Values(
        ActivationsCase{"silu", silu, silu_plain, [](double x) { return x / (1 + std::exp(-x)); }},
        ActivationsCase{"quick_gelu",
                        quick_gelu,
                        quick_gelu_plain,
                        [](double x) { return x / (1 + std::exp(-1.702 * x)); }},
        ActivationsCase{"gelu", gelu, gelu_plain, [](double x) {
                          return x * std::erfc(-x / std::sqrt(2.0)) / 2;
                        }}));

TEST(Geglu, MultipliesTheFirstHalfByTheOpenedSecond) {
  torch::manual_seed(2);
  for (const int64_t width : {1, 5, 16, 40, 640, 1000}) {
    const torch::Tensor x = torch::randn({2, 3, 2 * width}) * 3;
    const torch::Tensor wide = x.to(torch::kDouble);
    const torch::Tensor wanted = wide.slice(-1, 0, width) * at::gelu(wide.slice(-1, width));
    EXPECT_LT(error_of(geglu(x), wanted), 1e-6) << width;
    EXPECT_LT(error_of(geglu_plain(x), wanted), 1e-6) << width;
    EXPECT_LT(
        error_of(geglu(x.to(torch::kBFloat16)), geglu(x.to(torch::kBFloat16).to(torch::kFloat))),
        kBfloatRounding)
        << width;
  }
}

TEST(Geglu, ReadsStridedInputAndGivesGradients) {
  torch::manual_seed(3);
  const torch::Tensor x = torch::randn({2, 8, 5});
  EXPECT_TRUE(torch::allclose(geglu(x.transpose(1, 2)), geglu_plain(x.transpose(1, 2))));
  const torch::Tensor leaf = torch::randn({2, 8}).requires_grad_(true);
  geglu(leaf).sum().backward();
  EXPECT_TRUE(leaf.grad().defined());
}

TEST(Geglu, RefusesAnOddWidth) {
  EXPECT_THROW(geglu(torch::randn({2, 7})), Error);
  EXPECT_THROW(geglu(torch::randn({})), Error);
  EXPECT_EQ(geglu(torch::randn({0, 6})).sizes(), (torch::IntArrayRef{0, 3}));
}

}  // namespace
}  // namespace lienzo::nn
