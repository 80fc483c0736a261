#include "lienzo/models/scene_encoder.h"

#include <gtest/gtest.h>

#include "networks.h"

namespace lienzo::models {
namespace {

constexpr SceneEncoderConfig kSceneEncoder = {
    .attributes = 5, .backdrop = 3, .hidden = 8, .layers = 2, .channels = 4, .octaves = 1};

// Pixel (1, 0) of a 2 x 2 picture shows `things`, from back to front.
tensor::LayeredMap pile(const torch::Tensor& attributes, std::vector<int64_t> things) {
  const auto count = static_cast<int64_t>(things.size());
  return {.batch = 1,
          .resolution = 2,
          .pixels = torch::tensor({int64_t{2}}),
          .level_sizes = std::vector<int64_t>(things.size(), 1),
          .thing = torch::tensor(things),
          .local = torch::full({count, 4}, 0.25),
          .attributes = attributes,
          .backdrop = torch::zeros({1, 3})};
}

// All objects have this opacity.
void set_opacity(SceneEncoder& encoder, double logit) {
  torch::NoGradGuard no_grad;
  auto parameters = encoder->named_parameters();
  parameters["out.weight"][kSceneEncoder.channels].zero_();
  parameters["out.bias"][kSceneEncoder.channels] = logit;
}

TEST(SceneEncoder, TheNearerObjectHidesTheOther) {
  const torch::NoGradGuard no_grad;
  SceneEncoder encoder(kSceneEncoder);
  randomize(*encoder, 1, 0.5);
  const torch::Tensor attributes = torch::randn({2, 5});
  set_opacity(encoder, 30);
  const torch::Tensor back = encoder(pile(attributes, {0}));
  const torch::Tensor front = encoder(pile(attributes, {1}));
  const torch::Tensor both = encoder(pile(attributes, {0, 1}));
  EXPECT_FALSE(torch::allclose(back, front, 1e-2, 1e-2));
  EXPECT_TRUE(torch::allclose(both, front, 1e-5, 1e-5));
  EXPECT_TRUE(torch::allclose(encoder(pile(attributes, {1, 0})), back, 1e-5, 1e-5));
  EXPECT_NEAR(both[0][kSceneEncoder.channels][1][0].item<double>(), 1, 1e-6);  // coverage
  EXPECT_EQ(both[0].select(1, 0).abs().max().item<double>(), 0);  // the row above shows nothing
}

TEST(SceneEncoder, WhatIsHalfTransparentMixes) {
  const torch::NoGradGuard no_grad;
  SceneEncoder encoder(kSceneEncoder);
  randomize(*encoder, 2, 0.5);
  const torch::Tensor attributes = torch::randn({2, 5});
  set_opacity(encoder, 0);
  const auto pixel = [&](std::vector<int64_t> things) {
    return encoder(pile(attributes, std::move(things))).select(2, 1).select(2, 0);
  };
  // One thing at half opacity is half its feature; another one behind shows through with half of
  // its half.
  EXPECT_TRUE(torch::allclose(pixel({0, 1}), pixel({1}) + 0.5 * pixel({0}), 1e-5, 1e-6));
}

TEST(SceneEncoder, EmptyMapIsZero) {
  SceneEncoder encoder(kSceneEncoder);
  tensor::LayeredMap map = pile(torch::zeros({0, 5}), {});
  map.pixels = torch::zeros({0}, torch::kLong);
  const torch::Tensor y = encoder(map);
  EXPECT_EQ(y.sizes(), (torch::IntArrayRef{1, 5, 2, 2}));
  EXPECT_EQ(y.abs().max().item<double>(), 0);
}

}  // namespace
}  // namespace lienzo::models
