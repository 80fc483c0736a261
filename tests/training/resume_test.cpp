// A resumed training repeats the interrupted one exactly.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <fstream>
#include <random>

#include "lienzo/base/error.h"
#include "lienzo/base/file.h"
#include "lienzo/base/log.h"
#include "lienzo/training/checkpoint.h"
#include "lienzo/training/trainer.h"
#include "toy_task.h"

namespace lienzo::training {
namespace {

using ::testing::HasSubstr;

// The numbers of a whole training without interruption.
struct Reference {
  TemporaryFolder folder;
  std::string metrics, model;

  Reference() {
    const Recipe recipe = toy_recipe(folder.path());
    ToyTask task(recipe);
    train(task, recipe);
    metrics = read_text_file(folder / "metrics.csv");
    model = read_text_file(folder / "model/toy.safetensors");
  }
};

const Reference& reference() {
  static const Reference kReference;
  return kReference;
}

int64_t lines_in(const std::filesystem::path& path) {
  std::ifstream file(path);
  return std::count(std::istreambuf_iterator<char>(file), {}, '\n');
}

// Another process, because the threads of this one would not survive a fork.
pid_t start_training(const std::filesystem::path& output) {
  const pid_t child = fork();
  if (child == 0) {
    execl("/proc/self/exe", "training_test", "--train", output.c_str(), nullptr);
    _exit(127);
  }
  return child;
}

TEST(Resume, RepeatsAfterBeingKilledAnywhere) {
  TemporaryFolder folder;
  std::minstd_rand random(std::random_device{}());
  for (int64_t reached :
       {2, 15, 22, 40}) {  // rows before the kill, the first before any checkpoint
    const pid_t child = start_training(folder.path());
    for (int i = 0; i < 4000 && lines_in(folder / "metrics.csv") < reached; ++i) usleep(5000);
    usleep(random() % 15000);
    kill(child, SIGKILL);
    int status = 0;
    waitpid(child, &status, 0);
    ASSERT_TRUE(WIFSIGNALED(status)) << "it ended before it was killed";
  }
  // As a kill in the middle of a write would leave it.
  std::ofstream(folder / "metrics.csv", std::ios::app) << "5";

  const Recipe recipe = toy_recipe(folder.path());
  ToyTask task(recipe);
  const TrainResult result = train(task, recipe, {}, /*resume=*/true);
  EXPECT_EQ(result.step, 60);
  EXPECT_EQ(read_text_file(folder / "metrics.csv"), reference().metrics);
  EXPECT_EQ(read_text_file(folder / "model/toy.safetensors"), reference().model);
}

TEST(Resume, RepeatsFromTheCheckpointBeforeADamagedOne) {
  TemporaryFolder folder;
  Recipe recipe = toy_recipe(folder.path());
  std::atomic<bool> stop = false;
  TrainHooks hooks{.stop = &stop, .on_step = [&](int64_t step, double) { stop = step >= 29; }};
  {
    ToyTask task(recipe);
    const TrainResult result = train(task, recipe, hooks);
    EXPECT_TRUE(result.stopped);
    EXPECT_EQ(result.step, 30);
    EXPECT_TRUE(result.model.empty());
  }
  const auto newest = checkpoint_path(folder / "checkpoints", 30);
  ASSERT_TRUE(std::filesystem::exists(newest));  // saved because it was stopped
  std::string bytes = read_text_file(newest);
  bytes[bytes.size() / 2] ^= 4;
  write_file_atomic(newest, bytes);

  std::string warning;
  set_log_sink([&](LogLevel level, std::string_view text) {
    if (level == LogLevel::kWarning) warning = text;
  });
  recipe.train.log_every = 1;
  ToyTask task(recipe);
  train(task, recipe, {}, /*resume=*/true);
  set_log_sink({});
  EXPECT_THAT(warning, HasSubstr("step-00000030"));
  EXPECT_EQ(read_text_file(folder / "metrics.csv"), reference().metrics);
}

// Means over several steps must not lose what was gathered before the checkpoint.
TEST(Resume, KeepsHalfAnInterval) {
  auto metrics = [](bool interrupted) {
    TemporaryFolder folder;
    Recipe recipe = toy_recipe(folder.path());
    recipe.train.log_every = 10;
    std::atomic<bool> stop = interrupted;  // after the first step
    ToyTask task(recipe);
    train(task, recipe, {.stop = &stop});
    if (interrupted) {
      ToyTask again(recipe);
      train(again, recipe, {}, /*resume=*/true);
    }
    return read_text_file(folder / "metrics.csv");
  };
  EXPECT_EQ(metrics(true), metrics(false));
}

TEST(Resume, NamesWhatChangedInTheRecipe) {
  TemporaryFolder folder;
  Recipe recipe = toy_recipe(folder.path());
  recipe.train.steps = 10;
  ToyTask task(recipe);
  train(task, recipe);
  recipe.train.steps = 12;  // longer is fine
  EXPECT_EQ(train(task, recipe, {}, true).step, 12);
  recipe.train.batch_size = 5;
  try {
    train(task, recipe, {}, true);
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kInvalidInput);
    EXPECT_THAT(error.what(), HasSubstr("train.batch_size"));
  }
}

TEST(Resume, MustBeAskedFor) {
  TemporaryFolder folder;
  Recipe recipe = toy_recipe(folder.path());
  recipe.train.steps = 10;
  ToyTask task(recipe);
  train(task, recipe);
  EXPECT_THROW(train(task, recipe), Error);
}

}  // namespace
}  // namespace lienzo::training
