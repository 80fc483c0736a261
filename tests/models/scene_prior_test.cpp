#include "lienzo/models/scene_prior.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "networks.h"

namespace lienzo::models {
namespace {

using ::testing::IsEmpty;

constexpr ScenePriorConfig kScenePrior = {.text_vocabulary = 20,
                                          .scene_vocabulary = 15,
                                          .width = 12,
                                          .layers = 2,
                                          .heads = 3,
                                          .max_text = 8,
                                          .max_scene = 9};

TEST(ScenePrior, TokenByTokenEqualsTheWholeScene) {
  const torch::NoGradGuard no_grad;
  ScenePrior prior(kScenePrior);
  randomize(*prior, 1, 0.3);
  const torch::Tensor text = torch::randint(20, {5}, torch::kLong),
                      scene = torch::randint(15, {1, 7}, torch::kLong);
  const torch::Tensor whole = prior(text.unsqueeze(0), torch::ones({1, 5}, torch::kBool), scene);
  ASSERT_EQ(whole.sizes(), (torch::IntArrayRef{1, 7, 15}));
  auto caches = prior->read_caption(text);
  for (int64_t s = 0; s < 7; ++s) {
    const torch::Tensor logits = prior->step(scene[0][s].item<int64_t>(), s, caches);
    EXPECT_TRUE(torch::allclose(logits, whole[0][s], 1e-4, 1e-4)) << s;
  }
}

TEST(ScenePrior, SeesTheCaptionButNotPaddingNorTheFuture) {
  const torch::NoGradGuard no_grad;
  ScenePrior prior(kScenePrior);
  randomize(*prior, 2, 0.3);
  torch::Tensor text = torch::randint(20, {1, 5}, torch::kLong),
                scene = torch::randint(15, {1, 4}, torch::kLong);
  torch::Tensor mask = torch::ones({1, 5}, torch::kBool);
  mask[0][4] = false;
  const torch::Tensor before = prior(text, mask, scene);
  text[0][4] = (text[0][4] + 1) % 20;
  EXPECT_TRUE(torch::equal(prior(text, mask, scene), before));
  scene[0][3] = (scene[0][3] + 1) % 15;
  const torch::Tensor after = prior(text, mask, scene);
  EXPECT_TRUE(torch::equal(after.narrow(1, 0, 3), before.narrow(1, 0, 3)));
  EXPECT_FALSE(torch::equal(after, before));
  text[0][0] = (text[0][0] + 1) % 20;
  EXPECT_FALSE(torch::allclose(prior(text, mask, scene), after, 1e-3, 1e-3));
}

TEST(ScenePrior, GradientReachesEveryParameter) {
  ScenePrior prior(kScenePrior);
  randomize(*prior, 3, 0.3);
  const torch::Tensor logits = prior(torch::randint(20, {2, 8}, torch::kLong),
                                     torch::ones({2, 8}, torch::kBool),
                                     torch::randint(15, {2, 9}, torch::kLong));
  EXPECT_THAT(untouched(*prior, logits.square().mean()), IsEmpty());
}

}  // namespace
}  // namespace lienzo::models
