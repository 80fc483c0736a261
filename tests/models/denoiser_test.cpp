#include "lienzo/models/denoiser.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "lienzo/base/error.h"
#include "networks.h"

namespace lienzo::models {
namespace {

namespace world = datasets::world;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

DenoiserConfig small_config(bool scene, int64_t context) {
  return {.patch = 2,
          .widths = {8, 12},
          .blocks = {1, 1},
          .embedding = 16,
          .head = 8,
          .context = context,
          .context_heads = 2,
          .scene = scene,
          .scene_encoder = {.hidden = 12, .channels = 6, .octaves = 2}};
}

TEST(Denoiser, FreshNetworkAnswersZeroInTheShapeOfThePicture) {
  Denoiser network(small_config(/*scene=*/true, /*context=*/0));
  const auto scenes = some_scenes(2);
  const auto map = world::make_scene_map(scenes, 16);
  const torch::Tensor y =
      network->forward(torch::randn({2, 3, 16, 16}), torch::tensor({0.2f, 1.0f}), {.scene = &map});
  EXPECT_EQ(y.sizes(), (torch::IntArrayRef{2, 3, 16, 16}));
  EXPECT_EQ(y.abs().max().item<float>(), 0);
}

TEST(Denoiser, GradientReachesEveryParameter) {
  Denoiser network(small_config(/*scene=*/true, /*context=*/10));
  randomize(*network, 1);
  const auto scenes = some_scenes(2);
  const auto map = world::make_scene_map(scenes, 16);
  const torch::Tensor y = network->forward(torch::randn({2, 3, 16, 16}),
                                           torch::rand({2}),
                                           {.scene = &map, .context = torch::randn({2, 5, 10})});
  EXPECT_THAT(untouched(*network, y.square().mean()), IsEmpty());
}

TEST(Denoiser, PictureIsTheSameAloneAndInABatch) {
  const torch::NoGradGuard no_grad;
  Denoiser network(small_config(true, 10));
  randomize(*network, 2);
  const auto scenes = some_scenes(3);
  const auto map = world::make_scene_map(scenes, 16);
  const torch::Tensor x = torch::randn({3, 3, 16, 16}), time = torch::rand({3}),
                      context = torch::randn({3, 5, 10});
  const torch::Tensor together = network->forward(x, time, {.scene = &map, .context = context});
  for (int64_t b = 0; b < 3; ++b) {
    const auto one =
        world::make_scene_map(std::span(scenes).subspan(static_cast<size_t>(b), 1), 16);
    const torch::Tensor alone =
        network->forward(x.narrow(0, b, 1),
                         time.narrow(0, b, 1),
                         {.scene = &one, .context = context.narrow(0, b, 1)});
    EXPECT_TRUE(torch::allclose(alone[0], together[b], 1e-4, 1e-5)) << b;
  }
}

TEST(Denoiser, SceneMayBeUnknownAndFeaturesBeGiven) {
  const torch::NoGradGuard no_grad;
  Denoiser network(small_config(true, 0));
  randomize(*network, 3);
  const auto scenes = some_scenes(1);
  const auto map = world::make_scene_map(scenes, 16);
  const torch::Tensor x = torch::randn({1, 3, 16, 16}), time = torch::rand({1});
  const torch::Tensor told = network->forward(x, time, {.scene = &map});
  EXPECT_FALSE(torch::allclose(told, network->forward(x, time, {}), 1e-3, 1e-4));
  EXPECT_TRUE(torch::equal(
      told,
      network->forward(x, time, {.scene = &map, .scene_features = network->encode_scene(map)})));
}

TEST(Denoiser, AttendsToTheTextThatIsNotHidden) {
  const torch::NoGradGuard no_grad;
  Denoiser network(small_config(false, 10));
  randomize(*network, 4, 0.3);
  const torch::Tensor x = torch::randn({1, 3, 16, 16}), time = torch::rand({1});
  const torch::Tensor text = torch::randn({1, 4, 10});
  const torch::Tensor told = network->forward(x, time, {.context = text});
  EXPECT_FALSE(torch::allclose(told, network->forward(x, time, {.context = text + 1}), 1e-3, 1e-4));
  EXPECT_FALSE(torch::allclose(told, network->forward(x, time, {}), 1e-3, 1e-4));

  torch::Tensor longer = torch::cat({text, torch::randn({1, 2, 10})}, 1);
  torch::Tensor bias = torch::zeros({1, 1, 1, 6});
  bias.slice(3, 4).fill_(-1e9);
  EXPECT_TRUE(torch::allclose(
      told, network->forward(x, time, {.context = longer, .context_bias = bias}), 1e-5, 1e-5));
}

TEST(Denoiser, ToldTheTime) {
  const torch::NoGradGuard no_grad;
  Denoiser network(small_config(false, 0));
  randomize(*network, 5);
  const torch::Tensor x = torch::randn({1, 3, 16, 16});
  EXPECT_FALSE(torch::allclose(network->forward(x, torch::tensor({0.1f}), {}),
                               network->forward(x, torch::tensor({0.9f}), {}),
                               1e-3,
                               1e-4));
}

TEST(Denoiser, RefusesWhatItCannotDraw) {
  Denoiser network(small_config(false, 0));
  for (const auto& shape : {std::vector<int64_t>{1, 3, 18, 16}, {1, 4, 16, 16}}) {
    try {
      network->forward(torch::zeros(shape), torch::zeros({1}), {});
      FAIL() << shape;
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::kInvalidInput);
    }
  }
}

TEST(DenoiserConfig, SurvivesJsonAndNamesMistakes) {
  const DenoiserConfig config = small_config(false, 10);
  EXPECT_EQ(DenoiserConfig::from_json(config.to_json(), "x").to_json(), config.to_json());
  const auto message = [](const Json& json) -> std::string {
    try {
      DenoiserConfig::from_json(json, "file");
    } catch (const Error& error) {
      return error.what();
    }
    return "";
  };
  EXPECT_THAT(message({{"widths", {8}}, {"blocks", {1, 1}}}), HasSubstr("'blocks'"));
  EXPECT_THAT(message({{"widths", {9}}, {"blocks", {1}}, {"context", 8}}),
              HasSubstr("context_heads"));
  EXPECT_THAT(message({{"patches", 2}}), HasSubstr("patch"));
}

}  // namespace
}  // namespace lienzo::models
