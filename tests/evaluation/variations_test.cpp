#include "lienzo/evaluation/variations.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

namespace lienzo::evaluation {
namespace {

namespace world = datasets::world;

double middle(const world::Object& object) {
  const world::Box box = world::picture_box(object);
  return (box.top + box.bottom) / 2;
}

TEST(Variations, LooksAreAllColoursAndMaterialsButTheOwn) {
  world::Object cone;
  cone.shape = world::Shape::kCone;
  const std::vector<world::Object> looks = other_looks(cone);
  EXPECT_EQ(looks.size(), 32U);
  EXPECT_EQ(std::count(looks.begin(), looks.end(), cone), 0);
  cone.shape = world::Shape::kSign;
  cone.word = "HOLA";
  for (const world::Object& sign : other_looks(cone)) {
    EXPECT_EQ(sign.material, world::Material::kMatte);
    EXPECT_EQ(sign.word, "HOLA");
  }
}

TEST(Variations, OnlyCubesAndPyramidsTurn) {
  world::Object object;
  EXPECT_EQ(other_turns(object).size(), 3U);
  object.shape = world::Shape::kSphere;
  EXPECT_TRUE(other_turns(object).empty());
}

TEST(Variations, SolidsKeepTheMiddleOrTheBottomOfTheBox) {
  world::Object ring;
  ring.shape = world::Shape::kRing;
  ring.z = 15;
  const world::Box box = world::picture_box(ring);
  std::set<world::Shape> shapes;
  for (const world::Object& other : other_solids(ring)) {
    shapes.insert(other.shape);
    EXPECT_TRUE(std::abs(middle(other) - middle(ring)) < 0.01 ||
                std::abs(world::picture_box(other).bottom - box.bottom) < 0.02);
  }
  EXPECT_EQ(shapes.size(), 6U);  // never a sign
}

TEST(Variations, HeightsAreTheGroundAndWhatCouldCarry) {
  world::Object cube, ball;
  ball.shape = world::Shape::kSphere;
  ball.size = world::Size::kSmall;
  ball.z = 20;  // near enough that it cannot be higher than a cube without leaving the world
  const world::Scene scene = {.objects = {cube, ball}};
  std::set<int> heights;
  for (const world::Object& other : other_heights(scene, 1)) {
    heights.insert(other.elevation);
    EXPECT_NEAR(middle(other), middle(ball), 0.01);  // seen in the same place
  }
  EXPECT_TRUE(heights.contains(13));  // on the cube
  EXPECT_LT(*heights.rbegin(), 16);
  EXPECT_FALSE(heights.contains(0));  // where it is
}

}  // namespace
}  // namespace lienzo::evaluation
