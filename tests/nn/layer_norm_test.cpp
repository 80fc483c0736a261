#include "lienzo/nn/layer_norm.h"

#include <gtest/gtest.h>
#include <torch/types.h>
#include <torch/utils.h>

#include "compare.h"
#include "lienzo/base/error.h"

namespace lienzo::nn {
namespace {

// The formula in double precision.
torch::Tensor reference(const torch::Tensor& x,
                        const torch::Tensor& weight,
                        const torch::Tensor& bias,
                        double epsilon) {
  const torch::Tensor u = x.to(torch::kDouble);
  const torch::Tensor centred = u - u.mean(-1, /*keepdim=*/true);
  const torch::Tensor variance = centred.square().mean(-1, /*keepdim=*/true);
  return centred / torch::sqrt(variance + epsilon) * weight.to(torch::kDouble) +
         bias.to(torch::kDouble);
}

TEST(LayerNorm, EqualsTheFormula) {
  torch::manual_seed(1);
  for (const auto type : {torch::kFloat, torch::kBFloat16}) {
    const double tolerance = type == torch::kFloat ? 1e-6 : kBfloatRounding;
    for (const int64_t width : {1, 3, 16, 17, 64, 320, 331, 768, 1280, 4099}) {
      const torch::Tensor weight = torch::randn({width}), bias = torch::randn({width});
      for (const double mean : {0.0, 100.0}) {
        const torch::Tensor x = (torch::randn({3, 7, width}) * 2 + mean).to(type);
        const torch::Tensor wanted = reference(x, weight, bias, 1e-5);
        const torch::Tensor y = layer_norm(x, weight, bias);
        EXPECT_EQ(y.scalar_type(), type);
        EXPECT_LT(error_of(y, wanted), tolerance * (mean > 0 ? 10 : 1)) << width;
        if (mean == 0 && width > 1) {
          EXPECT_LT(error_of(layer_norm_plain(x, weight, bias), wanted), tolerance) << width;
        }
      }
    }
  }
}

TEST(LayerNorm, ReadsStridedInputAndHasItsEpsilon) {
  torch::manual_seed(2);
  LayerNorm norm(6, 0.5);
  const torch::Tensor x = torch::randn({2, 6, 5});
  const torch::InferenceMode inference;
  EXPECT_LT(error_of(norm(x.transpose(1, 2)),
                     reference(x.transpose(1, 2), norm->weight, norm->bias, 0.5)),
            1e-6);
}

TEST(LayerNorm, ThreadsDoNotChangeTheNumbers) {
  torch::manual_seed(3);
  const torch::Tensor x = torch::randn({101, 320}), weight = torch::randn({320});
  const auto run = [&] { return layer_norm(x, weight, weight); };
  EXPECT_TRUE(torch::equal(with_threads(1, run), with_threads(2, run)));
}

TEST(LayerNorm, GivesGradients) {
  LayerNorm norm(6);
  const torch::Tensor x = torch::randn({2, 6}).requires_grad_(true);
  norm(x).square().sum().backward();
  EXPECT_TRUE(x.grad().defined());
  EXPECT_GT(norm->weight.grad().abs().max().item<double>(), 0);
}

TEST(LayerNorm, RefusesShapesThatDisagree) {
  const torch::Tensor weight = torch::ones({6});
  EXPECT_THROW(layer_norm(torch::randn({2, 5}), weight, weight), Error);
  EXPECT_THROW(layer_norm(torch::randn({}), weight, weight), Error);
  EXPECT_EQ(layer_norm(torch::empty({0, 6}), weight, weight).numel(), 0);
}

}  // namespace
}  // namespace lienzo::nn
