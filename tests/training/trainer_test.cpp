#include "lienzo/training/trainer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <cmath>

#include "lienzo/base/error.h"
#include "lienzo/base/file.h"
#include "lienzo/base/log.h"
#include "lienzo/image/io.h"
#include "lienzo/training/checkpoint.h"
#include "lienzo/training/registry.h"
#include "lienzo/training/run.h"
#include "lienzo/weights/safetensors.h"
#include "toy_task.h"

namespace lienzo::training {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

TEST(Trainer, LearnsAndWritesEverything) {
  TemporaryFolder folder;
  Recipe recipe = toy_recipe(folder / "run");
  recipe.text = "kind = 'toy'\n";
  recipe.train.steps = 300;
  recipe.train.log_every = 100;
  recipe.train.validate_every = 150;
  recipe.train.sample_every = 150;
  recipe.train.checkpoint_every = 100;
  double first = 0;
  int64_t reports = 0;
  TrainHooks hooks;
  hooks.on_step = [&](int64_t step, double loss) {
    if (step == 1) first = loss;
  };
  hooks.progress = [&](const Progress& progress) {
    ++reports;
    EXPECT_EQ(progress.total, 300);
    EXPECT_THAT(progress.note, HasSubstr("samples/s"));
  };
  ToyTask task(recipe, {.plain = true});
  const TrainResult result = train(task, recipe, hooks);

  EXPECT_GT(first, 5);
  EXPECT_LT(result.metrics.at("loss"), 0.05);
  EXPECT_LT(result.validation.at("error"), 0.05);
  EXPECT_FALSE(result.stopped);
  EXPECT_GE(reports, 1);
  EXPECT_THAT(read_text_file(folder / "run/metrics.csv"),
              StartsWith("step,absolute_error,gradient_norm,"));
  EXPECT_THAT(read_text_file(folder / "run/validation.csv"), HasSubstr("\n150,"));
  EXPECT_THAT(read_text_file(folder / "run/timing.csv"),
              StartsWith("step,samples_per_second,seconds\n100,"));
  EXPECT_EQ(read_text_file(folder / "run/recipe.toml"), recipe.text);
  EXPECT_EQ(image::read_image(folder / "run/samples/step-00000300.png").width, 4);
  EXPECT_EQ(list_checkpoints(folder / "run/checkpoints").size(), 2);
  EXPECT_FALSE(std::filesystem::is_empty(folder / "run/events"));

  // The saved model is the averaged one.
  std::map<std::string, std::string> metadata;
  const auto model = weights::read_safetensors(result.model / "toy.safetensors", &metadata);
  const auto state = weights::read_safetensors(list_checkpoints(folder / "run/checkpoints")[0]);
  EXPECT_TRUE(torch::equal(model.at("out.weight"), state.at("ema.out.weight")));
  EXPECT_FALSE(torch::equal(model.at("out.weight"), state.at("param.out.weight")));
  EXPECT_EQ(metadata.at("steps"), "300");
}

std::vector<double> losses(Recipe recipe, ToyOptions options = {}) {
  TemporaryFolder folder;
  recipe.output = folder.path();
  std::vector<double> all;
  TrainHooks hooks;
  hooks.on_step = [&](int64_t, double loss) { all.push_back(loss); };
  ToyTask task(recipe, options);
  train(task, recipe, hooks);
  return all;
}

TEST(Trainer, AccumulationEqualsTheLargeBatch) {
  Recipe recipe = toy_recipe("");
  recipe.train.steps = 20;
  recipe.train.batch_size = 32;
  const auto large = losses(recipe, {.plain = true});
  recipe.train.batch_size = 8;
  recipe.train.accumulate = 4;
  const auto small = losses(recipe, {.plain = true});
  for (size_t i = 0; i < large.size(); ++i) EXPECT_NEAR(large[i], small[i], 1e-5 * large[i]) << i;
}

TEST(Trainer, SameNumbersForAnyLoader) {
  Recipe recipe = toy_recipe("");
  recipe.train.steps = 20;
  recipe.train.loader_threads = 0;
  const auto none = losses(recipe);
  recipe.train.loader_threads = 3;
  EXPECT_EQ(losses(recipe), none);
  recipe.train.seed = 4;
  EXPECT_NE(losses(recipe), none);
}

TEST(Trainer, LearnsInBfloat16) {
  Recipe recipe = toy_recipe("");
  const auto exact = losses(recipe, {.plain = true});
  recipe.train.precision = "bf16";
  const auto rounded = losses(recipe, {.plain = true});
  EXPECT_NE(exact, rounded);
  EXPECT_NEAR(exact.back(), rounded.back(), 0.1 * exact.front());
  EXPECT_LT(rounded.back(), 0.5 * rounded.front());
}

TEST(Trainer, SkipsWhatIsNotFinite) {
  Recipe recipe = toy_recipe("");
  const auto all = losses(recipe, {.plain = true, .poison_from = 10, .poison_to = 18});
  EXPECT_TRUE(std::isnan(all[10]));
  EXPECT_TRUE(std::isfinite(all.back()));
  EXPECT_LT(all.back(), all.front());
}

TEST(Trainer, GivesUpAfterTenInARow) {
  try {
    losses(toy_recipe(""), {.plain = true, .poison_from = 10, .poison_to = 19});
    FAIL();
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), HasSubstr("10 steps in a row"));
  }
}

TEST(Trainer, EndsWithTheBudget) {
  TemporaryFolder folder;
  Recipe recipe = toy_recipe(folder.path());
  recipe.train.steps = 100000000;
  recipe.train.log_every = 1000;
  recipe.train.checkpoint_every = 0;
  recipe.train.budget_minutes = 0.2 / 60;
  ToyTask task(recipe);
  const TrainResult result = train(task, recipe);
  EXPECT_FALSE(result.stopped);
  EXPECT_FALSE(result.model.empty());
  EXPECT_LT(result.metrics.at("learning_rate"), 0.2 * recipe.train.learning_rate);
}

TEST(Trainer, StopsAfterMaxMinutesAndExports) {
  TemporaryFolder folder;
  Recipe recipe = toy_recipe(folder.path());
  recipe.train.steps = 100000000;
  recipe.train.log_every = 1000;
  recipe.train.checkpoint_every = 0;
  recipe.train.max_minutes = 0.05 / 60;
  ToyTask task(recipe);
  EXPECT_THROW(export_model(task, recipe), Error);
  const TrainResult result = train(task, recipe);
  EXPECT_TRUE(result.stopped);
  EXPECT_FALSE(std::filesystem::exists(folder / "model"));
  ToyTask again(recipe);
  EXPECT_TRUE(std::filesystem::exists(export_model(again, recipe) / "toy.safetensors"));
}

// A disk that is full, memory that does not suffice: what was learned must not be lost.
struct FailsToValidate : ToyTask {
  using ToyTask::ToyTask;
  std::map<std::string, double> validate() override {
    throw Error(ErrorKind::kOutOfMemory, "too large");
  }
};

TEST(Trainer, SavesBeforeItValidates) {
  TemporaryFolder folder;
  const auto trained = [&](const std::string& name, bool fails, bool resume) {
    Recipe recipe = toy_recipe(folder / name);
    recipe.train.validate_every = 14;  // together with every other checkpoint
    recipe.train.sample_every = 14;
    std::unique_ptr<ToyTask> task;
    if (fails) {
      task = std::make_unique<FailsToValidate>(recipe);
    } else {
      task = std::make_unique<ToyTask>(recipe);
    }
    return train(*task, recipe, {}, resume);
  };
  trained("whole", false, false);
  EXPECT_THROW(trained("broken", true, false), Error);
  EXPECT_TRUE(std::filesystem::exists(checkpoint_path(folder / "broken/checkpoints", 14)));
  // The validation that failed is made up for.
  EXPECT_THROW(trained("broken", true, true), Error);
  const TrainResult result = trained("broken", false, true);
  EXPECT_TRUE(result.validation.contains("error"));
  EXPECT_TRUE(std::filesystem::exists(folder / "broken/samples/step-00000014.png"));
  for (const char* file : {"metrics.csv", "validation.csv", "model/toy.safetensors"}) {
    EXPECT_EQ(read_text_file(folder / "broken" / file), read_text_file(folder / "whole" / file))
        << file;
  }
}

TEST(Trainer, ExportsNothingFromNothing) {
  TemporaryFolder folder;
  const Recipe recipe = toy_recipe(folder / "none");
  ToyTask task(recipe);
  try {
    export_model(task, recipe);
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kNotFound);
    EXPECT_THAT(error.what(), HasSubstr((folder / "none").string()));
  }
  EXPECT_FALSE(std::filesystem::exists(folder / "none"));
}

TEST(Trainer, SaysThatThereIsNothingToResume) {
  TemporaryFolder folder;
  Recipe recipe = toy_recipe(folder / "run");
  recipe.train.steps = 3;
  std::string warning;
  set_log_sink([&](LogLevel level, std::string_view text) {
    if (level == LogLevel::kWarning) warning = text;
  });
  ToyTask task(recipe);
  const TrainResult result = train(task, recipe, {}, /*resume=*/true);
  set_log_sink({});
  EXPECT_EQ(result.step, 3);
  EXPECT_THAT(warning, HasSubstr((folder / "run").string()));
  EXPECT_THAT(warning, HasSubstr("nothing to resume"));
}

TEST(Trainer, OneProcessPerFolder) {
  TemporaryFolder folder;
  Recipe recipe = toy_recipe(folder.path());
  TrainHooks hooks;
  hooks.on_step = [&](int64_t step, double) {
    if (step != 1) return;
    ToyTask second(recipe);
    EXPECT_THROW(train(second, recipe), Error);
  };
  ToyTask task(recipe);
  train(task, recipe, hooks);
}

TEST(Trainer, RunsARecipeFile) {
  TemporaryFolder folder;
  task_registry()["toy"] = [](const Recipe& recipe) { return std::make_unique<ToyTask>(recipe); };
  write_file_atomic(folder / "toy.toml", "kind = 'toy'\n[train]\nsteps = 1000\nthreads = 1\n");
  const TrainResult result =
      run_recipe(folder / "toy.toml", {.output = folder / "run", .steps = 3});
  EXPECT_EQ(result.step, 3);
  EXPECT_TRUE(std::filesystem::exists(folder / "run/recipe.toml"));
  task_registry().erase("toy");
}

}  // namespace
}  // namespace lienzo::training
