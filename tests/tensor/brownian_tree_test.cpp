#include "lienzo/tensor/brownian_tree.h"

#include <gtest/gtest.h>
#include <torch/types.h>

#include <cmath>
#include <fstream>

#include "../base/expect_error.h"
#include "lienzo/base/json.h"
#include "lienzo/tensor/seed_sequence.h"

namespace lienzo::tensor {
namespace {

Json golden() {
  std::ifstream file(LIENZO_TEST_DATA "/golden/noise.json");
  return Json::parse(file);
}

TEST(SeedSequence, IsNumpys) {
  for (const Json& recorded : golden()["seed_sequence"]) {
    const auto key = recorded["spawn_key"].get<std::vector<uint32_t>>();
    EXPECT_EQ(seed_sequence(recorded["entropy"], key, recorded["pool_size"], 6),
              recorded["state"].get<std::vector<uint32_t>>())
        << recorded["entropy"];
  }
}

TEST(BrownianTree, IsTorchsdes) {
  for (const Json& recorded : golden()["brownian"]) {
    const auto shape = recorded["shape"].get<std::vector<int64_t>>();
    const BrownianTree tree({recorded["seed"]}, shape, recorded["t0"], recorded["t1"]);
    const torch::Tensor expected =
        torch::tensor(recorded["increment"].get<std::vector<double>>(), torch::kDouble)
            .reshape(shape);
    const torch::Tensor got = tree.increment(recorded["ta"], recorded["tb"])[0];
    // The last bits of normal_ depend on the processor.
    EXPECT_LE((got - expected).abs().max().item<double>(), 2e-6) << recorded.dump();
    EXPECT_TRUE(got.equal(-tree.increment(recorded["tb"], recorded["ta"])[0]));
  }
}

TEST(BrownianTree, IncrementsAddUpAndAreIndependentOfWhatWasAsked) {
  const BrownianTree tree({3}, {2000}, 0.1, 10);
  const torch::Tensor whole = tree.increment(0.1, 10);
  const torch::Tensor sum =
      tree.increment(0.1, 2.345678) + tree.increment(2.345678, 2.4) + tree.increment(2.4, 10);
  EXPECT_LE((whole - sum).abs().max().item<double>(), 1e-5);
  EXPECT_TRUE(whole.equal(tree.increment(0.1, 10)));
  // Ends are moved into the interval; no length, no increment.
  EXPECT_TRUE(whole.equal(tree.increment(0, 99)));
  EXPECT_TRUE(tree.increment(5, 5).equal(torch::zeros({1, 2000})));
  // Variance tb - ta.
  const torch::Tensor part = tree.increment(2.345678, 2.4)[0] / std::sqrt(2.4 - 2.345678);
  EXPECT_NEAR(part.std().item<double>(), 1, 0.05);
  EXPECT_NEAR(part.mean().item<double>(), 0, 0.08);
}

TEST(BrownianTree, APictureIsTheSameAloneAndInABatch) {
  for (const NoiseKind kind : {NoiseKind::kCpu, NoiseKind::kPhilox}) {
    const BrownianTree batch({5, 9, 2}, {3, 4}, 0.03, 14, kind), alone({9}, {3, 4}, 0.03, 14, kind);
    EXPECT_TRUE(batch.increment(1, 2)[1].equal(alone.increment(1, 2)[0]));
    EXPECT_FALSE(batch.increment(1, 2)[0].equal(batch.increment(1, 2)[1]));
  }
  EXPECT_FALSE(BrownianTree({9}, {3, 4}, 0.03, 14, NoiseKind::kPhilox)
                   .increment(1, 2)
                   .equal(BrownianTree({9}, {3, 4}, 0.03, 14).increment(1, 2)));
}

TEST(BrownianTree, RefusesAnEmptyInterval) {
  expect_error(
      ErrorKind::kInvalidInput, [] { BrownianTree({1}, {2}, 3, 3); }, "finite length");
  expect_error(
      ErrorKind::kInvalidInput, [] { BrownianTree({1}, {2}, 0, INFINITY); }, "finite length");
  expect_error(
      ErrorKind::kInvalidInput, [] { BrownianTree({}, {2}, 0, 1); }, "no seed");
}

}  // namespace
}  // namespace lienzo::tensor
