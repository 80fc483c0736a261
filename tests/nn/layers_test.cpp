#include "lienzo/nn/layers.h"

#include <gtest/gtest.h>
#include <torch/nn/modules/linear.h>
#include <torch/types.h>

#include <cmath>
#include <numbers>

#include "lienzo/nn/rms_norm.h"

namespace lienzo::nn {
namespace {

TEST(Layers, RmsNormDividesByTheRootMeanSquare) {
  const torch::Tensor y = rms_norm(torch::tensor({{3.0f, 4.0f}, {0.0f, 0.0f}}), 1);
  EXPECT_NEAR(y[0][0].item<double>(), 3 / std::sqrt(12.5), 1e-6);
  EXPECT_NEAR(y[0][1].item<double>(), 4 / std::sqrt(12.5), 1e-6);
  EXPECT_EQ(y[1][0].item<double>(), 0);
}

TEST(Layers, SinusoidalEmbeddingIsCosinesThenSines) {
  const torch::Tensor y = sinusoidal_embedding(torch::tensor({0.25f}), 6, 100);
  ASSERT_EQ(y.sizes(), (torch::IntArrayRef{1, 6}));
  for (int i = 0; i < 3; ++i) {
    const double angle = 25 * std::pow(10000.0, -i / 3.0);
    EXPECT_NEAR(y[0][i].item<double>(), std::cos(angle), 1e-5);
    EXPECT_NEAR(y[0][3 + i].item<double>(), std::sin(angle), 1e-5);
  }
}

TEST(Layers, FourierFeaturesHaveDoublingFrequencies) {
  const torch::Tensor y = fourier_features(torch::tensor({{0.3f}}), 2)[0];
  ASSERT_EQ(y.size(0), 5);
  const double pi = std::numbers::pi;
  const double expected[] = {
      0.3, std::sin(0.3 * pi), std::cos(0.3 * pi), std::sin(0.6 * pi), std::cos(0.6 * pi)};
  for (int i = 0; i < 5; ++i) EXPECT_NEAR(y[i].item<double>(), expected[i], 1e-6) << i;
}

TEST(Layers, FoldedPixelsLieInRowColumnChannelOrder) {
  const torch::Tensor x = torch::arange(2 * 4 * 6, torch::kFloat).view({1, 2, 4, 6});
  const torch::Tensor folded = fold_pixels(x, 2);
  ASSERT_EQ(folded.sizes(), (torch::IntArrayRef{1, 8, 2, 3}));
  for (int64_t row = 0; row < 2; ++row) {
    for (int64_t column = 0; column < 2; ++column) {
      for (int64_t c = 0; c < 2; ++c) {
        EXPECT_EQ(folded[0][(row * 2 + column) * 2 + c][1][2].item<float>(),
                  x[0][c][2 + row][4 + column].item<float>());
      }
    }
  }
  EXPECT_TRUE(torch::equal(unfold_pixels(folded, 2), x));
}

TEST(Layers, PositionsAreCellMiddlesFromMinusOneToOne) {
  const torch::Tensor y = position_channels(2, 4, 1, torch::kFloat);
  ASSERT_EQ(y.sizes(), (torch::IntArrayRef{1, 6, 2, 4}));
  EXPECT_FLOAT_EQ(y[0][0][0][0].item<float>(), -0.75f);
  EXPECT_FLOAT_EQ(y[0][0][1][3].item<float>(), 0.75f);
  EXPECT_FLOAT_EQ(y[0][1][0][3].item<float>(), -0.5f);
  EXPECT_FLOAT_EQ(y[0][1][1][0].item<float>(), 0.5f);
}

TEST(Layers, ZeroedLayersAnswerNothing) {
  EXPECT_EQ(zeroed(conv3x3(2, 3))(torch::ones({1, 2, 4, 4})).abs().max().item<float>(), 0);
  EXPECT_EQ(zeroed(torch::nn::Linear(2, 3))(torch::ones({1, 2})).abs().max().item<float>(), 0);
}

}  // namespace
}  // namespace lienzo::nn
