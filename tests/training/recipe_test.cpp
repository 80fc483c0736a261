#include "lienzo/training/recipe.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "lienzo/base/error.h"
#include "lienzo/training/lr_schedule.h"
#include "lienzo/training/registry.h"

namespace lienzo::training {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::string problem_of(const std::string& toml) {
  try {
    recipe_from_toml(toml, "recipe.toml");
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kInvalidInput);
    return error.what();
  }
  return "accepted";
}

TEST(Recipe, ReadsAllTables) {
  const Recipe recipe = recipe_from_toml(R"(
kind = "toy"
name = "first"
[train]
steps = 50
learning_rate = 1
betas = [0.8, 0.9]
schedule = "linear"
[task]
depth = 3
[task.data]
count = 7
)",
                                         "recipe.toml");
  EXPECT_EQ(recipe.kind, "toy");
  EXPECT_EQ(recipe.output, "runs/first");
  EXPECT_EQ(recipe.train.steps, 50);
  EXPECT_EQ(recipe.train.learning_rate, 1.0);
  EXPECT_EQ(recipe.train.betas[0], 0.8);
  EXPECT_EQ(recipe.task.at("data").at("count"), 7);
  EXPECT_THAT(recipe.text, HasSubstr("depth"));
}

TEST(Recipe, NamesWhatIsWrong) {
  EXPECT_THAT(problem_of("kind = 'toy'\n[train]\nstepz = 3"), HasSubstr("did you mean 'steps'"));
  EXPECT_THAT(problem_of("kind = 'toy'\n[tain]\nsteps = 3"), HasSubstr("tain"));
  EXPECT_THAT(problem_of("name = 'toy'"), HasSubstr("kind"));
  EXPECT_THAT(problem_of("kind = 'toy'\n[train]\nsteps = 'many'"), HasSubstr("steps"));
  EXPECT_THAT(problem_of("kind = 'toy'\n[train]\nsteps = 0"), HasSubstr("steps"));
  EXPECT_THAT(problem_of("kind = 'toy'\n[train]\nbetas = [0.9]"), HasSubstr("betas"));
  EXPECT_THAT(problem_of("kind = 'toy'\n[train]\nschedule = 'square'"), HasSubstr("cosine"));
  EXPECT_THAT(problem_of("kind = 'toy'\ntask = 3"), HasSubstr("task"));
}

TEST(Recipe, KnowsWhichChangesMatter) {
  const Recipe before = recipe_from_toml("kind = 'toy'\n[task]\ndepth = 3", "a");
  Recipe after = before;
  after.train.steps = 9999;
  after.train.log_every = 1;
  after.output = "elsewhere";
  after.task["sample_steps"] = 3;  // what is looked at, not what is learned
  after.task["validation_pictures"] = 4;
  after.task["validation_captions"] = 5;
  EXPECT_TRUE(changed_keys(to_json(before), to_json(after)).empty());
  after.train.learning_rate = 7;
  after.task["depth"] = 4;
  after.task["width"] = 1;
  EXPECT_THAT(changed_keys(to_json(before), to_json(after)),
              ElementsAre("train.learning_rate", "task.depth", "task.width"));
}

TEST(Recipe, UnknownKindListsTheKnown) {
  Recipe recipe;
  recipe.kind = "nothing";
  task_registry()["something"] = [](const Recipe&) { return nullptr; };
  try {
    make_task(recipe);
    FAIL();
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), HasSubstr("something"));
  }
  task_registry().erase("something");
}

TEST(LearningRate, Schedules) {
  TrainOptions options{
      .steps = 100, .learning_rate = 2.0, .warmup_steps = 3, .schedule = "constant"};
  EXPECT_DOUBLE_EQ(learning_rate_at(options, 0, 0), 0.5);  // never 0, which would waste a step
  EXPECT_DOUBLE_EQ(learning_rate_at(options, 2, 0), 1.5);
  EXPECT_DOUBLE_EQ(learning_rate_at(options, 3, 0), 2.0);
  EXPECT_DOUBLE_EQ(learning_rate_at(options, 99, 1), 2.0);
  options.schedule = "linear";
  options.decay_start = 0.5;
  options.final_fraction = 0.1;
  EXPECT_DOUBLE_EQ(learning_rate_at(options, 50, 0.5), 2.0);
  EXPECT_DOUBLE_EQ(learning_rate_at(options, 75, 0.75), 1.1);
  EXPECT_NEAR(learning_rate_at(options, 100, 1.0), 0.2, 1e-12);
  options.schedule = "cosine";
  EXPECT_NEAR(learning_rate_at(options, 75, 0.75), 1.1, 1e-12);
  EXPECT_NEAR(
      learning_rate_at(options, 62, 0.625), 0.2 + 1.8 * 0.5 * (1 + std::cos(M_PI / 4)), 1e-12);
}

TEST(LearningRate, ProgressBySteps) {
  TrainOptions options{.steps = 100};
  EXPECT_DOUBLE_EQ(progress_at(options, 25, 1e9), 0.25);
  options.budget_minutes = 10;
  EXPECT_DOUBLE_EQ(progress_at(options, 25, 60), 0.25);
  EXPECT_DOUBLE_EQ(progress_at(options, 25, 300), 0.5);
  EXPECT_DOUBLE_EQ(progress_at(options, 25, 6000), 1.0);
}

TEST(LearningRate, EmaWarmsUp) {
  EXPECT_DOUBLE_EQ(ema_decay_at(0.999, 0), 0.1);
  EXPECT_DOUBLE_EQ(ema_decay_at(0.999, 90), 0.91);
  EXPECT_DOUBLE_EQ(ema_decay_at(0.999, 1000000), 0.999);
}

}  // namespace
}  // namespace lienzo::training
