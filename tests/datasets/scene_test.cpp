#include "lienzo/datasets/world/scene.h"

#include <gtest/gtest.h>

#include "lienzo/base/error.h"
#include "lienzo/datasets/world/geometry.h"

namespace lienzo::datasets::world {
namespace {

Object cube(int x, int z, int elevation = 0) {
  Object object;
  object.x = x;
  object.z = z;
  object.elevation = elevation;
  return object;
}

TEST(Scene, OnTopNeedsContactNotJustHeight) {
  Scene scene;
  scene.objects = {cube(0, 8, 13), cube(0, 8)};
  EXPECT_TRUE(holds(scene, {Relation::kOnTopOf, 0, 1}));
  EXPECT_TRUE(holds(scene, {Relation::kUnder, 1, 0}));
  EXPECT_FALSE(holds(scene, {Relation::kOnTopOf, 1, 0}));
  scene.objects[0].elevation = 26;
  EXPECT_FALSE(holds(scene, {Relation::kOnTopOf, 0, 1}));
}

TEST(Scene, LeftIsNotRight) {
  Scene scene;
  scene.objects = {cube(-16, 8), cube(16, 8)};
  EXPECT_TRUE(holds(scene, {Relation::kLeftOf, 0, 1}));
  EXPECT_TRUE(holds(scene, {Relation::kRightOf, 1, 0}));
  EXPECT_FALSE(holds(scene, {Relation::kLeftOf, 1, 0}));
  EXPECT_FALSE(holds(scene, {Relation::kInFrontOf, 0, 1}));
}

TEST(Scene, NearerIsInFront) {
  Scene scene;
  scene.objects = {cube(0, 0), cube(2, 20)};
  EXPECT_TRUE(holds(scene, {Relation::kInFrontOf, 0, 1}));
  EXPECT_TRUE(holds(scene, {Relation::kBehind, 1, 0}));
  EXPECT_FALSE(holds(scene, {Relation::kBehind, 0, 1}));
}

TEST(Scene, InsideNeedsAHollowOrGlassThing) {
  Scene scene;
  scene.objects = {cube(0, 8), cube(0, 8)};
  scene.objects[0].size = Size::kSmall;
  EXPECT_FALSE(holds(scene, {Relation::kInside, 0, 1}));
  scene.objects[1].material = Material::kGlass;
  EXPECT_TRUE(holds(scene, {Relation::kInside, 0, 1}));
  EXPECT_FALSE(holds(scene, {Relation::kInside, 1, 0}));
}

TEST(Scene, BetweenWorksEitherWayRound) {
  Scene scene;
  scene.objects = {cube(0, 8), cube(-18, 8), cube(18, 8)};
  EXPECT_TRUE(holds(scene, {Relation::kBetween, 0, 1, 2}));
  EXPECT_TRUE(holds(scene, {Relation::kBetween, 0, 2, 1}));
  EXPECT_FALSE(holds(scene, {Relation::kBetween, 1, 0, 2}));
}

TEST(Scene, DrawsFarThingsFirstAndContentBeforeItsGlass) {
  Scene scene;
  scene.objects = {cube(0, 0), cube(0, 20)};
  EXPECT_EQ(back_to_front(scene), (std::vector<int>{1, 0}));
  scene.objects = {cube(0, 8), cube(0, 8)};
  scene.objects[0].material = Material::kGlass;
  scene.objects[1].size = Size::kSmall;
  EXPECT_EQ(back_to_front(scene), (std::vector<int>{1, 0}));
}

TEST(Scene, WhatStandsBehindIsLessVisible) {
  Scene scene;
  scene.objects = {cube(0, 0), cube(0, 14)};
  const auto opaque = visible_fractions(scene);
  EXPECT_EQ(opaque[0], 1.0);
  EXPECT_LT(opaque[1], 0.9);
  scene.objects[0].material = Material::kGlass;
  EXPECT_EQ(visible_fractions(scene)[1], 1.0);
}

TEST(Scene, LettersShareTheBoard) {
  Object sign;
  sign.shape = Shape::kSign;
  sign.word = "HOLA";
  const auto letters = letter_boxes(sign);
  ASSERT_EQ(letters.size(), 4U);
  const Box board = picture_box(sign);
  for (size_t i = 0; i < 4; ++i) {
    EXPECT_GE(letters[i].left, board.left);
    EXPECT_LE(letters[i].right, board.right);
    if (i > 0) {
      EXPECT_NEAR(letters[i].left, letters[i - 1].right, 1e-9);
    }
  }
}

Scene sample() {
  Scene scene;
  scene.background = Background::kSnow;
  scene.variant = 2;
  scene.objects = {cube(3, 4, 0), cube(-9, 7, 0)};
  scene.objects[1].shape = Shape::kSign;
  scene.objects[1].word = "NI~O";
  return scene;
}

TEST(SceneJson, RoundTrips) {
  const Json json = to_json(sample());
  EXPECT_EQ(json["objects"][1]["word"], "NIÑO");
  EXPECT_EQ(scene_from_json(Json::parse(json.dump()), "test"), sample());
}

std::string message(const Json& json) {
  try {
    scene_from_json(json, "scene.json");
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kInvalidInput);
    return error.what();
  }
  return "accepted";
}

TEST(SceneJson, EveryMistakeIsNamed) {
  const Json good = to_json(sample());
  const auto with = [&](const char* pointer, Json value) {
    Json json = good;
    json[Json::json_pointer(pointer)] = std::move(value);
    return message(json);
  };
  EXPECT_NE(message(Json(3)).find("expected a JSON object"), std::string::npos);
  EXPECT_NE(with("/objects/0/colour", "mauve").find("expected one of red"), std::string::npos);
  EXPECT_NE(with("/objects/0/shpe", "cube").find("unknown key 'shpe'"), std::string::npos);
  EXPECT_NE(with("/objects/0/x", 400).find("expected -32 to 31"), std::string::npos);
  EXPECT_NE(with("/objects/0/x", 1.5).find("whole number"), std::string::npos);
  EXPECT_NE(with("/objects/0/word", "HOLA").find("only a sign"), std::string::npos);
  EXPECT_NE(with("/objects/1/word", "hola").find("letters A-Z"), std::string::npos);
  EXPECT_NE(with("/objects/1/material", "glass").find("must be matte"), std::string::npos);
  EXPECT_NE(with("/objects", Json::array()).find("expected 1 to 5"), std::string::npos);
  EXPECT_NE(with("/variant", 9).find("expected 0 to 3"), std::string::npos);
}

}  // namespace
}  // namespace lienzo::datasets::world
