#include "lienzo/nn/fused_attention.h"

#include <ATen/Parallel.h>
#include <gtest/gtest.h>
#include <torch/types.h>
#include <torch/utils.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "compare.h"
#include "lienzo/base/error.h"
#include "lienzo/nn/attention_kernel.h"

namespace lienzo::nn {
namespace {

using torch::Tensor;

struct FusedAttentionCase {
  AttentionIsa isa;
  at::ScalarType type;
  double tolerance;  // of an element, relative to the largest of the reference
};

std::string name_of(const testing::TestParamInfo<FusedAttentionCase>& test) {
  constexpr const char* kNames[] = {"Portable", "Avx2", "Avx512", "Avx512Bf16"};
  return std::string(kNames[static_cast<int>(test.param.isa)]) +
         (test.param.type == at::kFloat ? "Float" : "BFloat16");
}

struct Inputs {
  Tensor q, k, v;
  int64_t heads;
  bool causal = false;
};

Inputs random_inputs(
    at::ScalarType type, int64_t batch, int64_t queries, int64_t keys, int64_t heads, int64_t dim) {
  const auto draw = [&](int64_t length) {
    return torch::randn({batch, length, heads * dim}).to(type);
  };
  return {draw(queries), draw(keys), draw(keys), heads};
}

Tensor run(AttentionIsa isa, const Inputs& in) {
  return fused_attention_with(isa, in.q, in.k, in.v, in.heads, in.causal);
}

// The same on the same numbers, in fp64.
Tensor reference(const Inputs& in) {
  const auto wide = [](const Tensor& x) { return x.to(torch::kDouble); };
  return fused_attention_plain(wide(in.q), wide(in.k), wide(in.v), in.heads, in.causal);
}

class FusedAttention : public testing::TestWithParam<FusedAttentionCase> {
 protected:
  void SetUp() override {
    if (!has_attention_isa(GetParam().isa)) GTEST_SKIP() << "this machine lacks the instructions";
    torch::manual_seed(11);
  }
  void expect_equal(const Inputs& in) const {
    const Tensor got = run(GetParam().isa, in);
    EXPECT_EQ(got.scalar_type(), GetParam().type);
    EXPECT_EQ(got.sizes(), in.q.sizes());
    EXPECT_TRUE(got.is_contiguous());
    EXPECT_LE(error_of(got, reference(in)), GetParam().tolerance)
        << "q " << in.q.sizes() << ", k " << in.k.sizes() << ", " << in.heads << " heads"
        << (in.causal ? ", causal" : "");
  }
};

TEST_P(FusedAttention, EqualsThePlainOperationsForTheShapesOfTheModels) {
  const at::ScalarType type = GetParam().type;
  expect_equal(random_inputs(type, 2, 200, 200, 3, 40));
  expect_equal(random_inputs(type, 1, 256, 256, 2, 64));
  expect_equal(random_inputs(type, 1, 128, 77, 2, 80));
  expect_equal(random_inputs(type, 2, 64, 77, 2, 160));
  expect_equal(random_inputs(type, 1, 144, 300, 1, 512));
}

TEST_P(FusedAttention, EqualsThePlainOperationsForAnyShape) {
  const auto draw = [](int64_t low, int64_t high) {
    return torch::randint(low, high + 1, {1}).item<int64_t>();
  };
  for (int i = 0; i < 60; ++i) {
    Inputs in = random_inputs(
        GetParam().type, draw(1, 2), draw(1, 300), draw(1, 300), draw(1, 3), draw(1, 100));
    expect_equal(in);
    in.k = in.k.slice(1, 0, 1);  // one key: the answer is its value
    in.v = in.v.slice(1, 0, 1);
    expect_equal(in);
  }
}

TEST_P(FusedAttention, HidesLaterPositions) {
  for (const int64_t length : {1, 2, 31, 77, 128, 129, 300}) {
    Inputs in = random_inputs(GetParam().type, 2, length, length, 2, 24);
    in.causal = true;
    expect_equal(in);
    // Not even a huge value that lies ahead shows.
    const Tensor before = run(GetParam().isa, in);
    in.k.slice(1, length - 1).fill_(1e4);
    in.v.slice(1, length - 1).fill_(1e30);
    const Tensor after = run(GetParam().isa, in);
    EXPECT_TRUE(torch::equal(before.slice(1, 0, length - 1), after.slice(1, 0, length - 1)));
  }
}

// Slices of one projection, and heads apart from each other by a transposition.
TEST_P(FusedAttention, TakesAnyStrides) {
  Inputs whole = random_inputs(GetParam().type, 2, 50, 50, 2, 40);
  const Tensor fused = torch::cat({whole.q, whole.k, whole.v}, 2);
  const auto parts = fused.chunk(3, 2);
  const Tensor wanted = run(GetParam().isa, whole);
  EXPECT_TRUE(torch::equal(run(GetParam().isa, {parts[0], parts[1], parts[2], 2}), wanted));
  const auto scattered = [](const Tensor& x) {
    return x.permute({2, 0, 1}).contiguous().permute({1, 2, 0});
  };
  EXPECT_TRUE(torch::equal(
      run(GetParam().isa, {scattered(whole.q), scattered(whole.k), scattered(whole.v), 2}),
      wanted));
  const Tensor one = whole.k.slice(1, 0, 1);
  EXPECT_TRUE(torch::equal(run(GetParam().isa, {whole.q, one.expand({2, 50, 80}), whole.v, 2}),
                           run(GetParam().isa, {whole.q, one.repeat({1, 50, 1}), whole.v, 2})));
}

TEST_P(FusedAttention, HugeScoresDoNotOverflow) {
  for (const double size : {100.0, 1e4}) {
    Inputs in = random_inputs(GetParam().type, 1, 70, 150, 2, 8);
    // Scores of about +-size whose leaders stand apart by more than their rounding.
    in.q.fill_(1.0);
    in.k = (torch::randperm(150).view({1, 150, 1}) - 75).expand({1, 150, 16}).to(torch::kFloat);
    in.k = (in.k * (size / 75 / std::sqrt(8.0))).to(GetParam().type).contiguous();
    const Tensor got = run(GetParam().isa, in);
    EXPECT_TRUE(torch::isfinite(got).all().item<bool>());
    EXPECT_LE(error_of(got, reference(in)), std::max(GetParam().tolerance, 1e-4));
  }
  Inputs in = random_inputs(GetParam().type, 1, 40, 90, 1, 16);
  in.k = in.k * 1e4;
  EXPECT_TRUE(torch::isfinite(run(GetParam().isa, in)).all().item<bool>());
}

// All scores far below zero: the places that fill up a block of keys must not count.
TEST_P(FusedAttention, LowScoresDoNotVanishBesideEmptyPlaces) {
  Inputs in = random_inputs(GetParam().type, 1, 5, 3, 1, 8);
  in.q.fill_(-100.0);
  in.k = (in.k * 0.01 + 10).to(GetParam().type);
  // At -2,800, fp32 has four decimals.
  EXPECT_LE(error_of(run(GetParam().isa, in), reference(in)), std::max(GetParam().tolerance, 2e-4));
}

TEST_P(FusedAttention, UndefinedNumbersStayUndefined) {
  for (const int which : {0, 1, 2}) {
    Inputs in = random_inputs(GetParam().type, 1, 40, 90, 1, 16);
    Tensor& x = which == 0 ? in.q : which == 1 ? in.k : in.v;
    x[0][3][2] = std::numeric_limits<float>::quiet_NaN();
    const Tensor got = run(GetParam().isa, in), wanted = reference(in);
    EXPECT_TRUE(torch::equal(torch::isnan(got), torch::isnan(wanted))) << which;
  }
}

TEST_P(FusedAttention, ThreadsDoNotChangeTheNumbers) {
  const Inputs in = random_inputs(GetParam().type, 1, 333, 190, 3, 40);
  const int before = at::get_num_threads();
  at::set_num_threads(1);
  const Tensor one = run(GetParam().isa, in);
  at::set_num_threads(2);
  const Tensor two = run(GetParam().isa, in);
  at::set_num_threads(before);
  EXPECT_TRUE(torch::equal(one, two));
}

// A picture's numbers do not depend on what else is in the batch.
TEST_P(FusedAttention, APictureOfABatchEqualsThePictureAlone) {
  const Inputs in = random_inputs(GetParam().type, 3, 70, 77, 2, 40);
  const Tensor all = run(GetParam().isa, in);
  const auto second = [](const Tensor& x) { return x.slice(0, 1, 2); };
  EXPECT_TRUE(torch::equal(run(GetParam().isa, {second(in.q), second(in.k), second(in.v), 2}),
                           second(all)));
}

INSTANTIATE_TEST_SUITE_P(
    Kernels,
    FusedAttention,
    testing::Values(FusedAttentionCase{AttentionIsa::kPortable, at::kFloat, 2e-6},
                    FusedAttentionCase{AttentionIsa::kAvx2, at::kFloat, 2e-6},
                    FusedAttentionCase{AttentionIsa::kAvx512, at::kFloat, 2e-6},
                    FusedAttentionCase{AttentionIsa::kPortable, at::kBFloat16, 4e-3},
                    FusedAttentionCase{AttentionIsa::kAvx2, at::kBFloat16, 4e-3},
                    FusedAttentionCase{AttentionIsa::kAvx512, at::kBFloat16, 4e-3},
                    FusedAttentionCase{AttentionIsa::kAvx512Bf16, at::kBFloat16, 1e-2}),
    name_of);

TEST(FusedAttentionChoice, TakesTheFastestKernel) {
  torch::manual_seed(12);
  ASSERT_TRUE(has_attention_isa(best_attention_isa()));
  for (const auto type : {torch::kFloat, torch::kBFloat16}) {
    const Inputs in = random_inputs(type, 1, 90, 77, 2, 40);
    EXPECT_TRUE(torch::equal(fused_attention(in.q, in.k, in.v, 2), run(best_attention_isa(), in)));
  }
}

TEST(FusedAttentionChoice, OtherTypesTakeThePlainWay) {
  torch::manual_seed(13);
  for (const auto type : {torch::kDouble, torch::kHalf}) {
    Inputs in = random_inputs(type, 1, 20, 30, 2, 8);
    const Tensor got = fused_attention(in.q, in.k, in.v, 2);
    EXPECT_EQ(got.scalar_type(), type);
    EXPECT_LE(error_of(got, reference(in)), 2e-3);
  }
  const Tensor none = torch::empty({0, 4, 16});
  EXPECT_EQ(fused_attention(none, none, none, 2).sizes(), none.sizes());
  const Tensor no_query = torch::empty({2, 0, 16}), keys = torch::ones({2, 3, 16});
  EXPECT_EQ(fused_attention(no_query, keys, keys, 2).sizes(), no_query.sizes());
}

TEST(FusedAttentionChoice, GradientsFlow) {
  torch::manual_seed(14);
  const Inputs in = random_inputs(at::kDouble, 2, 5, 7, 2, 4);
  const auto leaf = [](const Tensor& x) { return x.to(torch::kFloat).requires_grad_(true); };
  const Tensor q = leaf(in.q), k = leaf(in.k), v = leaf(in.v), weight = torch::randn(q.sizes());
  const auto value = [&](const Tensor& a, const Tensor& b, const Tensor& c) {
    return (fused_attention(a, b, c, 2) * weight).sum();
  };
  value(q, k, v).backward();
  // Against differences, in fp64.
  for (const int which : {0, 1, 2}) {
    const Tensor direction = torch::randn((which == 0 ? q : k).sizes(), torch::kDouble);
    const auto moved = [&](double by) {
      return value(which == 0 ? in.q + by * direction : in.q,
                   which == 1 ? in.k + by * direction : in.k,
                   which == 2 ? in.v + by * direction : in.v)
          .item<double>();
    };
    const Tensor& gradient = (which == 0 ? q : which == 1 ? k : v).grad();
    ASSERT_TRUE(gradient.defined());
    EXPECT_NEAR((gradient.to(torch::kDouble) * direction).sum().item<double>(),
                (moved(1e-4) - moved(-1e-4)) / 2e-4,
                1e-4);
  }
}

TEST(FusedAttentionChoice, RefusesWhatDoesNotFit) {
  const Tensor q = torch::ones({2, 5, 16}), k = torch::ones({2, 7, 16});
  const auto message = [](const auto& call) -> std::string {
    try {
      call();
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::kInvalidInput);
      return error.what();
    }
    return "nothing thrown";
  };
  const auto expect = [&](const std::string& part, const auto& call) {
    EXPECT_NE(message(call).find(part), std::string::npos) << message(call);
  };
  expect("three dimensions", [&] { fused_attention(q[0], k, k, 2); });
  expect("three dimensions", [&] { fused_attention(q, Tensor(), k, 2); });
  expect("floating-point",
         [&] { fused_attention(q.to(torch::kLong), k.to(torch::kLong), k.to(torch::kLong), 2); });
  expect("one type", [&] { fused_attention(q, k.to(torch::kDouble), k, 2); });
  expect("do not fit together", [&] { fused_attention(q, k, k.slice(1, 1), 2); });
  expect("do not fit together", [&] { fused_attention(q.slice(0, 1), k, k, 2); });
  expect("number of heads", [&] { fused_attention(q, k, k, 3); });
  expect("number of heads", [&] { fused_attention(q, k, k, 0); });
  expect("at least one key", [&] { fused_attention(q, k.slice(1, 7), k.slice(1, 7), 2); });
  expect("as many keys as queries", [&] { fused_attention(q, k, k, 2, true); });
}

}  // namespace
}  // namespace lienzo::nn
