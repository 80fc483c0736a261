#include "lienzo/evaluation/second_look.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "lienzo/datasets/world/renderer.h"

namespace lienzo::evaluation {
namespace {

namespace world = datasets::world;

world::Scene two_solids() {
  world::Object cube, cone;
  cube.shape = world::Shape::kCube;
  cube.colour = world::Colour::kBrown;
  cube.x = -12;
  cube.z = 10;
  cone.shape = world::Shape::kCone;
  cone.colour = world::Colour::kGreen;
  cone.size = world::Size::kSmall;
  cone.x = 14;
  cone.z = 6;
  return {.background = world::Background::kSand, .variant = 2, .objects = {cube, cone}};
}

// What is read of `truth` when the reading begins with `object` in the place of its object `i`.
std::vector<world::Object> read_from(const world::Scene& truth,
                                     size_t i,
                                     const world::Object& object) {
  SceneReading reading = reading_of(truth);
  reading.detections[i].object = object;
  second_look(world::render(truth, 256), {}, reading);
  return scene_of(reading).objects;
}

TEST(SecondLook, FindsTheLook) {
  const world::Scene truth = two_solids();
  world::Object cube = truth.objects[0];
  cube.colour = world::Colour::kBlack;
  cube.material = world::Material::kMetal;
  EXPECT_EQ(read_from(truth, 0, cube), truth.objects);
}

TEST(SecondLook, FindsTheTurn) {
  const world::Scene truth = two_solids();
  world::Object cube = truth.objects[0];
  cube.yaw = 2;
  EXPECT_EQ(read_from(truth, 0, cube), truth.objects);
}

TEST(SecondLook, FindsTheSolidThoughItStandsElsewhere) {
  const world::Scene truth = two_solids();
  world::Object pyramid = truth.objects[1];
  pyramid.shape = world::Shape::kPyramid;
  pyramid.size = world::Size::kLarge;
  pyramid.x += 1;
  pyramid.z += 2;
  EXPECT_EQ(read_from(truth, 1, pyramid), truth.objects);
}

TEST(SecondLook, FindsTheHeight) {
  world::Scene truth = two_solids();  // the cone on the cube: it looks like a cone behind it
  truth.objects[1].x = truth.objects[0].x;
  truth.objects[1].z = truth.objects[0].z;
  truth.objects[1].elevation = 13;
  world::Object behind = truth.objects[1];
  behind.elevation = 0;
  behind.z += 23;
  EXPECT_EQ(read_from(truth, 1, behind), truth.objects);
}

TEST(SecondLook, TakesAwayWhatIsNotThere) {
  const world::Scene truth = two_solids();
  const image::Image picture = world::render(truth, 256);
  SceneReading reading = reading_of(truth);
  world::Object ghost = truth.objects[0];
  ghost.x = 20;
  ghost.z = 30;
  reading.detections.push_back({ghost, world::picture_box(ghost), 0.99});
  reading.detections[1].score = 0.2;  // doubtful, but it is there
  second_look(picture, {}, reading);
  EXPECT_EQ(scene_of(reading).objects, truth.objects);
}

TEST(SecondLook, AddsWhatIsThereAndNothingElse) {
  const world::Scene truth = two_solids();
  const image::Image picture = world::render(truth, 256);
  world::Object ghost = truth.objects[0];
  ghost.x = 20;
  ghost.z = 30;
  SceneReading reading = reading_of(truth);
  const std::vector<Detection> spare = {{ghost, world::picture_box(ghost), 0.3},
                                        reading.detections[1]};
  reading.detections.pop_back();
  second_look(picture, spare, reading);
  EXPECT_EQ(scene_of(reading).objects, truth.objects);
}

TEST(SecondLook, FindsWhatNobodySaw) {
  const world::Scene truth = two_solids();
  SceneReading reading = reading_of(truth);
  reading.detections.clear();
  second_look(world::render(truth, 256), {}, reading);
  const std::vector<world::Object> found = scene_of(reading).objects;
  ASSERT_EQ(found.size(), 2U);
  for (const world::Object& object : truth.objects)
    EXPECT_NE(std::find(found.begin(), found.end(), object), found.end());
}

TEST(SecondLook, SeesTheBackground) {
  for (int background = 0; background < world::kBackgrounds; ++background) {
    world::Scene truth = two_solids();
    truth.background = static_cast<world::Background>(background);
    SceneReading reading = reading_of(truth);
    reading.background = static_cast<world::Background>((background + 1) % world::kBackgrounds);
    second_look(world::render(truth, 256), {}, reading);
    EXPECT_EQ(reading.background, truth.background);
  }
}

}  // namespace
}  // namespace lienzo::evaluation
