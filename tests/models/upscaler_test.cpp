#include "lienzo/models/upscaler.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "networks.h"

namespace lienzo::models {
namespace {

namespace world = datasets::world;
using ::testing::IsEmpty;

const UpscalerConfig kUpscaler = {.factor = 4,
                                  .width = 8,
                                  .blocks = 2,
                                  .head = 6,
                                  .scene_encoder = {.hidden = 8, .channels = 4, .octaves = 2}};

TEST(Upscaler, FreshNetworkEnlarges) {
  const torch::NoGradGuard no_grad;
  Upscaler upscaler(kUpscaler);
  const auto scenes = some_scenes(2);
  const torch::Tensor y =
      upscaler(torch::full({2, 3, 8, 8}, 0.5), world::make_scene_map(scenes, 32));
  EXPECT_EQ(y.sizes(), (torch::IntArrayRef{2, 3, 32, 32}));
  EXPECT_TRUE(torch::allclose(y, torch::full_like(y, 0.5)));
}

TEST(Upscaler, ToldTheSceneAndLearnsEverywhere) {
  Upscaler upscaler(kUpscaler);
  randomize(*upscaler, 1, 0.2);
  const torch::Tensor small = torch::rand({1, 3, 8, 8});
  const auto one = some_scenes(1, 0), other = some_scenes(1, 1);
  const torch::Tensor y = upscaler(small, world::make_scene_map(one, 32));
  EXPECT_FALSE(torch::allclose(y, upscaler(small, world::make_scene_map(other, 32)), 1e-3, 1e-4));
  EXPECT_THAT(untouched(*upscaler, y.square().mean()), IsEmpty());
}

}  // namespace
}  // namespace lienzo::models
