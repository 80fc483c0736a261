#include <gtest/gtest.h>

#include <chrono>
#include <string_view>
#include <thread>

#include "lienzo/training/trainer.h"
#include "toy_task.h"

// `training_test --train FOLDER` trains the toy slowly, for resume_test.cpp to kill.
int main(int argc, char** argv) {
  using namespace lienzo::training;
  if (argc == 3 && std::string_view(argv[1]) == "--train") {
    const Recipe recipe = toy_recipe(argv[2]);
    ToyTask task(recipe);
    TrainHooks hooks;
    hooks.on_step = [](int64_t, double) {
      std::this_thread::sleep_for(std::chrono::milliseconds(3));
    };
    train(task, recipe, hooks, /*resume=*/true);
    return 0;
  }
  testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}
