#include "lienzo/pipelines/scene_writer.h"

#include <gtest/gtest.h>
#include <torch/types.h>
#include <torch/utils.h>

#include <algorithm>

#include "lienzo/datasets/world/layout.h"
#include "lienzo/datasets/world/scene_tokens.h"

namespace lienzo::pipelines {
namespace {

namespace world = datasets::world;

// A prior that knows nothing: whatever is right about its scenes is the writer's doing.
models::ScenePrior ignorant_prior() {
  torch::manual_seed(1);
  models::ScenePrior prior(models::ScenePriorConfig{.text_vocabulary = 8,
                                                    .scene_vocabulary = world::scene_vocabulary(),
                                                    .width = 16,
                                                    .layers = 1,
                                                    .heads = 2});
  prior->eval();
  return prior;
}

TEST(SceneWriter, CopiesTheWordsThatAreQuoted) {
  const c10::InferenceMode inference;
  models::ScenePrior prior = ignorant_prior();
  const std::vector<std::string> words = {"HOLA", "HOY", "HOLA"};  // twice: once is enough
  int signs = 0, complete = 0;
  for (uint64_t seed = 0; seed < 40; ++seed) {
    Random random(seed);
    const world::Scene scene = write_scene(prior, {1, 2, 3}, {}, words, random, {.attempts = 1});
    std::vector<std::string> borne;
    for (const world::Object& object : scene.objects)
      if (object.shape == world::Shape::kSign) borne.push_back(object.word);
    for (size_t i = 0; i < std::min<size_t>(borne.size(), 2); ++i) {
      EXPECT_TRUE(borne[i] == "HOLA" || borne[i] == "HOY") << borne[i];
      ++signs;
    }
    if (borne.size() >= 2) {
      EXPECT_NE(borne[0], borne[1]);  // each word once
      ++complete;
    }
  }
  EXPECT_GT(signs, 0);
  EXPECT_GT(complete, 0);
}

TEST(SceneWriter, DrawsCrowdedLayoutsAgain) {
  const c10::InferenceMode inference;
  models::ScenePrior prior = ignorant_prior();
  const auto clear = [&](int attempts) {
    int count = 0;
    for (uint64_t seed = 0; seed < 40; ++seed) {
      Random random(seed);
      const world::Scene scene = write_scene(prior, {1, 2}, {}, {}, random, {.attempts = attempts});
      count += world::is_physical(scene) && world::is_clear(scene) ? 1 : 0;
    }
    return count;
  };
  EXPECT_GT(clear(12), 2 * clear(1));
}

TEST(SceneWriter, SignsAreFreeWhereNothingIsQuoted) {
  const c10::InferenceMode inference;
  models::ScenePrior prior = ignorant_prior();
  for (uint64_t seed = 0; seed < 10; ++seed) {
    Random random(seed), again(seed);
    const world::Scene scene = write_scene(prior, {}, {}, {}, random, {});
    EXPECT_FALSE(scene.objects.empty());
    world::check_scene(scene);
    EXPECT_EQ(scene, write_scene(prior, {}, {}, {}, again, {}));
  }
}

}  // namespace
}  // namespace lienzo::pipelines
