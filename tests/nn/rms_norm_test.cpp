#include "lienzo/nn/rms_norm.h"

#include <ATen/Parallel.h>
#include <gtest/gtest.h>
#include <torch/types.h>
#include <torch/utils.h>

#include <tuple>

#include "compare.h"

namespace lienzo::nn {
namespace {

struct RmsNormCase {
  at::ScalarType type;
  double tolerance;  // of an element, relative to the largest of the reference
  bool modulated;
  bool channels_last;
};

class RmsNormSilu : public testing::TestWithParam<RmsNormCase> {};

// The kernel against the tensor operations, in value and in every gradient. 19 channels leave a
// remainder for every width of vector.
TEST_P(RmsNormSilu, EqualsThePlainOperations) {
  const RmsNormCase& test = GetParam();
  torch::manual_seed(3);
  const auto leaf = [](torch::Tensor t) { return t.detach().requires_grad_(true); };
  torch::Tensor values = (torch::randn({3, 19, 5, 4}) * 4).to(test.type);
  if (test.channels_last) values = values.contiguous(torch::MemoryFormat::ChannelsLast);
  torch::Tensor x = leaf(values), scale, shift;
  if (test.modulated) {
    scale = leaf(torch::randn({3, 19}));
    shift = leaf(torch::randn({3, 19}));
  }
  const torch::Tensor weight = torch::randn({3, 19, 5, 4});
  const auto run = [&](bool fused) {
    for (torch::Tensor* t : {&x, &scale, &shift})
      if (t->defined()) t->mutable_grad() = torch::Tensor();
    const torch::Tensor y =
        fused ? rms_norm_silu(x, scale, shift)
              : rms_norm_silu_plain(x.to(torch::kFloat), scale, shift).to(test.type);
    (y * weight).sum().backward();
    return std::tuple{y.detach(),
                      x.grad(),
                      test.modulated ? scale.grad() : torch::ones({1}),
                      test.modulated ? shift.grad() : torch::ones({1})};
  };
  const auto [y, dx, dscale, dshift] = run(true);
  const auto [y0, dx0, dscale0, dshift0] = run(false);
  EXPECT_EQ(y.scalar_type(), test.type);
  EXPECT_EQ(y.sizes(), x.sizes());
  EXPECT_LT(error_of(y, y0), test.tolerance);
  EXPECT_LT(error_of(dx, dx0), test.tolerance);
  EXPECT_LT(error_of(dscale, dscale0), test.tolerance);
  EXPECT_LT(error_of(dshift, dshift0), test.tolerance);
}

INSTANTIATE_TEST_SUITE_P(Types,
                         RmsNormSilu,
                         testing::Values(RmsNormCase{at::kFloat, 1e-5, false, true},
                                         RmsNormCase{at::kFloat, 1e-5, true, true},
                                         RmsNormCase{at::kFloat, 1e-5, true, false},
                                         RmsNormCase{at::kBFloat16, 1e-2, false, true},
                                         RmsNormCase{at::kBFloat16, 1e-2, true, true}));

TEST(RmsNorm, EqualsThePlainOperationsOverChannelsAndRows) {
  torch::manual_seed(4);
  for (const int64_t dim : {int64_t{1}, int64_t{-1}}) {
    const torch::Tensor values = dim == 1 ? torch::randn({2, 7, 3, 5}) : torch::randn({4, 6, 23});
    torch::Tensor a = values.clone().requires_grad_(true), b = values.clone().requires_grad_(true);
    const torch::Tensor weight = torch::randn(values.sizes());
    const torch::Tensor y = rms_norm(a, dim), y0 = rms_norm_plain(b, dim);
    (y * weight).sum().backward();
    (y0 * weight).sum().backward();
    EXPECT_LT(error_of(y.detach(), y0.detach()), 1e-6);
    EXPECT_LT(error_of(a.grad(), b.grad()), 1e-5);
  }
}

TEST(RmsNorm, OtherTypesTakeThePlainWay) {
  const torch::Tensor x = torch::randn({2, 8}, torch::kDouble);
  EXPECT_EQ(rms_norm(x, -1).scalar_type(), torch::kDouble);
  EXPECT_EQ(rms_norm(torch::empty({0, 8}), -1).size(0), 0);
}

TEST(RmsNorm, LargeNumbersSaturateWithoutNan) {
  const torch::Tensor x = torch::tensor({1.0f, -1.0f}).view({1, 2, 1, 1});
  const torch::Tensor scale = torch::full({1, 2}, 999.0f), shift = torch::zeros({1, 2});
  const torch::Tensor y = rms_norm_silu(x, scale, shift);
  EXPECT_NEAR(y[0][0][0][0].item<double>(), 1000, 1e-2);
  EXPECT_NEAR(y[0][1][0][0].item<double>(), 0, 1e-20);
}

TEST(RmsNorm, ThreadsDoNotChangeTheNumbers) {
  torch::manual_seed(5);
  const torch::Tensor x = torch::randn({5, 33, 8, 8});
  const int before = at::get_num_threads();
  at::set_num_threads(1);
  const torch::Tensor one = rms_norm_silu(x);
  at::set_num_threads(2);
  const torch::Tensor two = rms_norm_silu(x);
  at::set_num_threads(before);
  EXPECT_TRUE(torch::equal(one, two));
}

}  // namespace
}  // namespace lienzo::nn
