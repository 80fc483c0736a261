#include "lienzo/nn/layer_in_place.h"

#include <gtest/gtest.h>
#include <torch/nn/functional/padding.h>
#include <torch/types.h>
#include <torch/utils.h>

#include <array>
#include <vector>

#include "compare.h"

namespace lienzo::nn {
namespace {

class InPlace : public testing::Test {
 protected:
  void SetUp() override {
    if (!prepares_in_place(torch::kFloat)) GTEST_SKIP() << "this processor has other kernels";
    torch::manual_seed(5);
  }
  const c10::InferenceMode inference_;
};

const std::array kTypes{torch::kFloat, torch::kHalf, torch::kBFloat16};

TEST_F(InPlace, LinearLayersReadEveryTypeOfFile) {
  for (const auto type : kTypes) {
    for (const auto& [rows, in, out] : {std::array<int64_t, 3>{1, 1, 16},
                                        {5, 9, 16},
                                        {13, 256, 48},
                                        {300, 259, 272},  // two parts of the rows, of the sums and
                                        {77, 768, 320}}) {  // of the panels
      const torch::Tensor weight = torch::randn({out, in}).to(type), bias = torch::randn({out});
      const torch::Tensor x = torch::randn({rows, in});
      const auto layer = linear_in_place(weight, bias, torch::kFloat);
      ASSERT_TRUE(layer);
      const torch::Tensor wanted =
          x.to(torch::kDouble).matmul(weight.to(torch::kDouble).t()) + bias;
      EXPECT_LT(error_of(layer->forward(x), wanted), 2e-6) << in << " -> " << out;
      EXPECT_TRUE(torch::equal(layer->weight(), weight.to(torch::kFloat)));
    }
  }
}

struct Case {
  int64_t in, out, kernel, stride;
  Padding padding;
  int64_t pictures, height, width;
};

TEST_F(InPlace, ConvolutionsReadEveryTypeOfFile) {
  const std::vector<Case> cases{{8, 16, 3, 1, {1, 1, 1, 1}, 1, 1, 1},
                                {8, 16, 3, 1, {1, 1, 1, 1}, 2, 2, 3},
                                {40, 32, 3, 1, {1, 1, 1, 1}, 7, 8, 8},     // pictures together
                                {168, 48, 3, 1, {1, 1, 1, 1}, 1, 34, 33},  // strips, odd sizes
                                {16, 16, 3, 1, {0, 0, 0, 0}, 1, 9, 8},
                                {16, 16, 3, 1, {0, 1, 2, 0}, 1, 9, 8},
                                {4, 32, 3, 1, {1, 1, 1, 1}, 2, 6, 7},  // channels of no eight
                                {24, 32, 3, 2, {1, 1, 1, 1}, 2, 9, 8},
                                {24, 32, 3, 2, {0, 0, 1, 1}, 1, 20, 36},
                                {70, 16, 5, 1, {2, 2, 2, 2}, 1, 7, 6},
                                {20, 16, 1, 1, {0, 0, 0, 0}, 2, 5, 5},
                                {20, 16, 1, 2, {0, 0, 0, 0}, 2, 5, 5}};
  for (const auto type : kTypes) {
    for (const Case& c : cases) {
      const torch::Tensor weight = torch::randn({c.out, c.in, c.kernel, c.kernel}).to(type);
      const torch::Tensor bias = torch::randn({c.out});
      const torch::Tensor x = torch::randn({c.pictures, c.in, c.height, c.width});
      const auto layer = convolution_in_place(weight, bias, c.stride, c.padding, torch::kFloat);
      ASSERT_TRUE(layer);
      const Padding& p = c.padding;
      const torch::Tensor padded =
          torch::constant_pad_nd(x.to(torch::kDouble), {p.left, p.right, p.top, p.bottom});
      const torch::Tensor wanted =
          torch::conv2d(padded, weight.to(torch::kDouble), bias.to(torch::kDouble), c.stride);
      const torch::Tensor y = layer->forward(x);
      EXPECT_TRUE(y.is_contiguous(torch::MemoryFormat::ChannelsLast));
      EXPECT_LT(error_of(y, wanted), 4e-6) << c.in << " -> " << c.out << ", " << c.kernel;
      for (int64_t i = 0; i < c.pictures; ++i) {
        EXPECT_TRUE(torch::equal(y.narrow(0, i, 1), layer->forward(x.narrow(0, i, 1))))
            << c.in << " -> " << c.out << ", picture " << i;
      }
    }
  }
}

TEST_F(InPlace, NothingIsCopied) {
  const torch::Tensor weight = torch::randn({16, 8, 3, 3}).to(torch::kHalf);
  const torch::Tensor matrix = torch::randn({16, 8}).to(torch::kHalf);
  const auto convolution = convolution_in_place(weight, {}, 1, {1, 1, 1, 1}, torch::kFloat);
  const auto doubling = doubling_convolution_in_place(weight, {}, torch::kFloat);
  const auto linear = linear_in_place(matrix, {}, torch::kFloat);
  weight.zero_();
  matrix.zero_();
  const torch::Tensor x = torch::randn({1, 8, 4, 4});
  EXPECT_EQ(convolution->forward(x).count_nonzero().item<int64_t>(), 0);
  EXPECT_EQ(doubling->forward(x).count_nonzero().item<int64_t>(), 0);
  EXPECT_EQ(linear->forward(torch::randn({3, 8})).count_nonzero().item<int64_t>(), 0);
}

TEST_F(InPlace, OthersAreLeftToTheLibrary) {
  const Padding one{1, 1, 1, 1};
  EXPECT_FALSE(linear_in_place(torch::randn({17, 8}), {}, torch::kFloat));
  EXPECT_FALSE(linear_in_place(torch::randn({16, 8}), {}, torch::kBFloat16));
  EXPECT_FALSE(convolution_in_place(torch::randn({4, 8, 3, 3}), {}, 1, one, torch::kFloat));
  EXPECT_FALSE(convolution_in_place(torch::randn({16, 8, 3, 1}), {}, 1, one, torch::kFloat));
  EXPECT_FALSE(doubling_convolution_in_place(torch::randn({16, 9, 3, 3}), {}, torch::kFloat));
}

}  // namespace
}  // namespace lienzo::nn
