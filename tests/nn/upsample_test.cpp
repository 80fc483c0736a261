#include "lienzo/nn/upsample.h"

#include <gtest/gtest.h>
#include <torch/types.h>

namespace lienzo::nn {
namespace {

TEST(Upsample, DoublesEveryPixel) {
  for (const auto type : {torch::kFloat, torch::kBFloat16}) {
    const torch::Tensor x = torch::randn({2, 5, 3, 4}).to(type);
    const torch::Tensor y = upsample_twice(x);
    ASSERT_EQ(y.sizes(), (torch::IntArrayRef{2, 5, 6, 8}));
    EXPECT_TRUE(y.is_contiguous(torch::MemoryFormat::ChannelsLast));
    EXPECT_TRUE(torch::equal(y, x.repeat_interleave(2, 2).repeat_interleave(2, 3)));
  }
}

TEST(Upsample, GivesGradients) {
  const torch::Tensor x = torch::randn({1, 2, 3, 3}).requires_grad_(true);
  upsample_twice(x).sum().backward();
  EXPECT_TRUE(torch::equal(x.grad(), torch::full_like(x, 4)));
}

}  // namespace
}  // namespace lienzo::nn
