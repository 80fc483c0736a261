#include "lienzo/training/checkpoint.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "lienzo/base/error.h"
#include "lienzo/base/file.h"
#include "toy_task.h"

namespace lienzo::training {
namespace {

using ::testing::HasSubstr;

// A training with odd numbers everywhere.
struct Fixture {
  ToyNet net{0.1};
  AdamW optimizer{net, {}};
  TrainState state;

  explicit Fixture(int seed) {
    torch::NoGradGuard no_grad;
    torch::manual_seed(static_cast<uint64_t>(seed));
    for (auto& parameter : net.parameters()) parameter.normal_();
    for (auto& s : optimizer.states()) {
      s.m.normal_();
      s.v.uniform_();
      s.ema.normal_();
    }
    net.norm->running_mean.normal_();
    optimizer.set_updates(seed);
    state.step = seed;
    state.elapsed_seconds = 1.0 / seed;
    state.recipe = to_json(toy_recipe("x"));
  }
};

void flip_bit(const std::filesystem::path& path, double where) {
  std::string bytes = read_text_file(path);
  bytes[static_cast<size_t>(where * static_cast<double>(bytes.size() - 1))] ^= 1;
  write_file_atomic(path, bytes);
}

TEST(Checkpoint, BringsEverythingBack) {
  TemporaryFolder folder;
  Fixture a(7), b(8);
  save_checkpoint(folder.path(), a.state, a.net, a.optimizer, 2);
  const auto state = load_newest_checkpoint(folder.path(), a.state.recipe, b.net, b.optimizer);
  ASSERT_TRUE(state);
  EXPECT_EQ(state->step, 7);
  EXPECT_EQ(state->elapsed_seconds, 1.0 / 7);
  EXPECT_EQ(b.optimizer.updates(), 7);
  for (size_t i = 0; i < a.optimizer.states().size(); ++i) {
    const ParameterState &s = a.optimizer.states()[i], &t = b.optimizer.states()[i];
    EXPECT_TRUE(torch::equal(s.parameter, t.parameter));
    EXPECT_TRUE(torch::equal(s.m, t.m));
    EXPECT_TRUE(torch::equal(s.v, t.v));
    EXPECT_TRUE(torch::equal(s.ema, t.ema));
  }
  EXPECT_TRUE(torch::equal(a.net.norm->running_mean, b.net.norm->running_mean));
}

TEST(Checkpoint, KeepsTheNewest) {
  TemporaryFolder folder;
  for (int step : {9, 10, 1000, 200000000}) {
    Fixture f(step);
    save_checkpoint(folder.path(), f.state, f.net, f.optimizer, 2);
  }
  const auto paths = list_checkpoints(folder.path());
  ASSERT_EQ(paths.size(), 2);
  EXPECT_EQ(paths[0], checkpoint_path(folder.path(), 200000000));
  EXPECT_EQ(paths[1], checkpoint_path(folder.path(), 1000));
}

TEST(Checkpoint, PassesOverADamagedOne) {
  for (double where : {0.0, 0.05, 0.5, 1.0}) {
    TemporaryFolder folder;
    Fixture a(7), b(8), c(9);
    save_checkpoint(folder.path(), a.state, a.net, a.optimizer, 2);
    save_checkpoint(folder.path(), b.state, b.net, b.optimizer, 2);
    flip_bit(checkpoint_path(folder.path(), 8), where);
    EXPECT_EQ(load_newest_checkpoint(folder.path(), a.state.recipe, c.net, c.optimizer)->step, 7)
        << where;
    std::filesystem::resize_file(checkpoint_path(folder.path(), 7), 100);
    EXPECT_THROW(load_newest_checkpoint(folder.path(), a.state.recipe, c.net, c.optimizer), Error);
  }
}

TEST(Checkpoint, RefusesAnotherRecipeOrNetwork) {
  TemporaryFolder folder;
  Fixture a(7);
  save_checkpoint(folder.path(), a.state, a.net, a.optimizer, 2);
  Json recipe = a.state.recipe;
  recipe["train"]["learning_rate"] = 1;
  try {
    load_newest_checkpoint(folder.path(), recipe, a.net, a.optimizer);
    FAIL();
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), HasSubstr("train.learning_rate"));
  }
  torch::nn::Linear other(3, 3);
  AdamW optimizer(*other, {});
  EXPECT_THROW(load_newest_checkpoint(folder.path(), a.state.recipe, *other, optimizer), Error);
}

}  // namespace
}  // namespace lienzo::training
