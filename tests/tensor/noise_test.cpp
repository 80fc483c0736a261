#include "lienzo/tensor/noise.h"

#include <gtest/gtest.h>
#include <torch/types.h>

#include <cmath>
#include <fstream>
#include <numbers>
#include <random>

#include "../base/expect_error.h"
#include "lienzo/base/json.h"
#include "lienzo/tensor/threads.h"

namespace lienzo::tensor {
namespace {

void expect_near(const torch::Tensor& got, std::vector<float> expected) {
  ASSERT_EQ(got.numel(), static_cast<int64_t>(expected.size()));
  const torch::Tensor wanted = torch::tensor(expected).reshape(got.sizes());
  EXPECT_TRUE(got.allclose(wanted, 0, 6e-5)) << got << wanted;
}

// torch.randn(n) of the reference after manual_seed(seed), printed to four decimals.
TEST(Noise, IsTheReferencesRandn) {
  expect_near(NoiseSource({0}).normal({16}),
              {-1.1258,
               -1.1524,
               -.2506,
               -.4339,
               .8487,
               .6920,
               -.3160,
               -2.1152,
               .3223,
               -1.2633,
               .3500,
               .3081,
               .1198,
               1.2377,
               1.1168,
               -.2473});
  // 20 is not a multiple of 16: the last block is drawn anew.
  expect_near(NoiseSource({0}).normal({20}),
              {-1.1258, -1.1524, -.2506, -.4339, .5988, -1.5551, -.3414, 1.8530, .4681,  -.1577,
               1.4437,  .2660,   1.3894, 1.5863, .9463, -.8437,  .9318,  1.2590, 2.0050, .0537});
  expect_near(NoiseSource({42}).normal({16}),
              {1.9269,
               1.4873,
               .9007,
               -2.1055,
               .6784,
               -1.2345,
               -.0431,
               -1.6047,
               -.7521,
               1.6487,
               -.3925,
               -1.4036,
               -.7279,
               -.5594,
               -.7688,
               .7624});
  expect_near(NoiseSource({0}).normal({5}), {1.5410, -.2934, -2.1788, .5684, -1.0845});
}

// The formula on its own, from the standard library's mt19937 (see the implementation of normal_ in
// libtorch: blocks of 16, 24-bit uniforms, Box-Muller on halves).
TEST(Noise, FollowsTheFormula) {
  std::mt19937 twister(1234);
  std::vector<float> d(64);
  for (float& u : d) u = static_cast<float>(twister() & 0xffffff) / 16777216.0F;
  for (size_t block = 0; block < d.size(); block += 16) {
    for (size_t j = block; j < block + 8; ++j) {
      const double rho = std::sqrt(-2 * std::log(1.0 - d[j])),
                   theta = 2 * std::numbers::pi * d[j + 8];
      d[j] = static_cast<float>(rho * std::cos(theta));
      d[j + 8] = static_cast<float>(rho * std::sin(theta));
    }
  }
  EXPECT_TRUE(NoiseSource({1234}).normal({4, 4, 4}).flatten().allclose(torch::tensor(d), 0, 2e-6));
}

TEST(Noise, ARowDependsOnItsSeedAlone) {
  NoiseSource batch({7, 8, 9});
  NoiseSource alone({8});
  // 3 x 5 x 7 = 105 numbers, not a multiple of 16; 2 x 3 = 6 takes the path for few numbers, which
  // keeps a number for the next call.
  const std::vector<int64_t> shapes[] = {{3, 5, 7}, {2, 3}, {3}, {64}};
  for (const std::vector<int64_t>& shape : shapes) {
    const torch::Tensor rows = batch.normal(shape), row = alone.normal(shape);
    EXPECT_EQ(rows.size(0), 3);
    EXPECT_TRUE(rows[1].equal(row[0]));
    EXPECT_FALSE(rows[0].equal(rows[1]));
    EXPECT_TRUE(batch.uniform(shape)[1].equal(alone.uniform(shape)[0]));
  }
}

TEST(Noise, DoesNotDependOnTheNumberOfThreads) {
  const int before = thread_count();
  set_threads(1);
  const torch::Tensor one = NoiseSource({3, 4}).normal({3, 128, 128});
  set_threads(2);
  const torch::Tensor two = NoiseSource({3, 4}).normal({3, 128, 128});
  set_threads(before);
  EXPECT_TRUE(one.equal(two));
}

TEST(Noise, IsNormalAndUniform) {
  NoiseSource source({5});
  const torch::Tensor x = source.normal({100000}), u = source.uniform({100000});
  EXPECT_NEAR(x.mean().item<double>(), 0, 0.015);
  EXPECT_NEAR(x.std().item<double>(), 1, 0.01);
  EXPECT_NEAR(u.mean().item<double>(), 0.5, 0.005);
  EXPECT_GE(u.min().item<double>(), 0);
  EXPECT_LT(u.max().item<double>(), 1);
}

TEST(Noise, TakesTheTypeOfAnotherTensorAfterDrawing) {
  const torch::Tensor x = torch::zeros({2, 3, 8}, torch::kBFloat16);
  const torch::Tensor noise = NoiseSource({1, 2}).normal_like(x);
  EXPECT_EQ(noise.scalar_type(), torch::kBFloat16);
  EXPECT_TRUE(noise.equal(NoiseSource({1, 2}).normal({3, 8}).to(torch::kBFloat16)));
}

// The numbers published with AUTOMATIC1111's modules/rng_philox.py for torch.randn on a GPU.
TEST(Noise, IsTheWebInterfacesRandn) {
  NoiseSource source({0, 42}, NoiseKind::kPhilox);
  const torch::Tensor first = source.normal({12});
  EXPECT_TRUE(first[0].allclose(torch::tensor({-0.924663,
                                               -0.425344,
                                               -2.643846,
                                               0.145184,
                                               -0.120867,
                                               -0.579726,
                                               -0.622851,
                                               -0.328387,
                                               -1.074542,
                                               -0.363144,
                                               -1.671051,
                                               2.265505},
                                              torch::kFloat),
                                0,
                                1e-6));
  const torch::Tensor second = source.normal({2, 2});
  EXPECT_TRUE(second[0].flatten().allclose(
      torch::tensor({0.180826, -0.552263, 0.923813, -0.734970}, torch::kFloat), 0, 1e-6));
  EXPECT_TRUE(first[1].slice(0, 0, 4).allclose(
      torch::tensor({0.194019, 2.161374, -0.172051, 0.849060}, torch::kFloat), 0, 1e-6));
}

// An implementation of its own in numpy, tools/golden/noise.py.
TEST(Noise, PhiloxAsRecorded) {
  std::ifstream file(LIENZO_TEST_DATA "/golden/noise.json");
  for (const Json& recorded : Json::parse(file)["philox"]) {
    const auto expected = recorded["values"].get<std::vector<float>>();
    NoiseSource source({recorded["seed"].get<uint64_t>()}, NoiseKind::kPhilox);
    const auto count = static_cast<int64_t>(expected.size());
    for (int call = 0; call < recorded["call"]; ++call) source.normal({count});
    const torch::Tensor got = source.normal({count})[0];
    EXPECT_TRUE(got.allclose(torch::tensor(expected), 0, 1e-6)) << recorded["seed"];
  }
}

TEST(Noise, PhiloxRowsDependOnTheirSeedAlone) {
  NoiseSource batch({7, 8}, NoiseKind::kPhilox), alone({8}, NoiseKind::kPhilox);
  EXPECT_TRUE(batch.normal({3, 5})[1].equal(alone.normal({3, 5})[0]));
  EXPECT_TRUE(batch.normal({64})[1].equal(alone.normal({64})[0]));
  const torch::Tensor many = NoiseSource({5}, NoiseKind::kPhilox).normal({100000});
  EXPECT_NEAR(many.mean().item<double>(), 0, 0.015);
  EXPECT_NEAR(many.std().item<double>(), 1, 0.01);
  // All 64 bits of a seed count.
  EXPECT_FALSE(NoiseSource({uint64_t{1} << 32}, NoiseKind::kPhilox)
                   .normal({4})
                   .equal(NoiseSource({0}, NoiseKind::kPhilox).normal({4})));
  expect_error(
      ErrorKind::kUnsupported, [&] { batch.uniform({2}); }, "normal numbers only");
}

TEST(Noise, KindsByName) {
  for (const NoiseKind kind : {NoiseKind::kCpu, NoiseKind::kPhilox})
    EXPECT_EQ(noise_kind_from_name(name(kind)), kind);
  expect_error(
      ErrorKind::kInvalidInput, [] { noise_kind_from_name("tpu"); }, "'tpu'", "cpu, gpu");
}

TEST(Noise, RefusesAWrongBatch) {
  expect_error(
      ErrorKind::kInvalidInput, [] { NoiseSource({}); }, "no seed");
  expect_error(
      ErrorKind::kInvalidInput,
      [] {
        NoiseSource({1, 2}).normal_like(torch::zeros({3, 4}));
      },
      "(3, 4)",
      "2 rows");
  expect_error(
      ErrorKind::kInvalidInput, [] { NoiseSource({1}).normal_like(torch::Tensor()); }, "no tensor");
}

}  // namespace
}  // namespace lienzo::tensor
