#include "lienzo/evaluation/second_look.h"

#include <gtest/gtest.h>

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

TEST(SecondLook, BelievesTheLookThatIsMostLikeThePicture) {
  const world::Scene truth = two_solids();
  const image::Image picture = world::render(truth, 256);
  SceneReading reading = reading_of(truth);
  world::Object& cube = reading.detections[0].object;
  cube.colour = world::Colour::kBlack;
  cube.material = world::Material::kMetal;
  world::Object grey = truth.objects[0];
  grey.colour = world::Colour::kGrey;
  second_look(picture, {{grey, truth.objects[0]}, {}}, reading);
  EXPECT_EQ(reading.detections[0].object, truth.objects[0]);
  EXPECT_EQ(reading.detections[1].object, truth.objects[1]);
}

TEST(SecondLook, FindsAnotherShapeThoughItStandsElsewhere) {
  const world::Scene truth = two_solids();
  const image::Image picture = world::render(truth, 256);
  SceneReading reading = reading_of(truth);
  world::Object pyramid = truth.objects[1], cone = truth.objects[1];
  pyramid.shape = world::Shape::kPyramid;
  reading.detections[1].object = pyramid;
  cone.x += 1;  // a guess that is a little off
  cone.z += 2;
  second_look(picture, {{}, {cone}}, reading);
  EXPECT_EQ(reading.detections[1].object, truth.objects[1]);
}

TEST(SecondLook, TakesAwayWhatIsNotThere) {
  const world::Scene truth = two_solids();
  const image::Image picture = world::render(truth, 256);
  SceneReading reading = reading_of(truth);
  world::Object ghost = truth.objects[0];
  ghost.x = 20;
  ghost.z = 30;
  reading.detections.push_back({ghost, world::picture_box(ghost), 0.3});
  reading.detections[1].score = 0.2;  // doubtful too, but it is there
  second_look(picture, {{}, {}, {}}, reading);
  ASSERT_EQ(reading.detections.size(), 2U);
  EXPECT_EQ(scene_of(reading).objects, truth.objects);
}

TEST(SecondLook, SeesTheBackground) {
  for (int background = 0; background < world::kBackgrounds; ++background) {
    world::Scene truth = two_solids();
    truth.background = static_cast<world::Background>(background);
    SceneReading reading = reading_of(truth);
    reading.background = static_cast<world::Background>((background + 1) % world::kBackgrounds);
    second_look(world::render(truth, 256), {{}, {}}, reading);
    EXPECT_EQ(reading.background, truth.background);
  }
}

TEST(SecondLook, LeavesWhatIsSure) {
  const world::Scene truth = two_solids();
  const image::Image picture = world::render({.background = world::Background::kSand}, 256);
  SceneReading reading = reading_of(truth);  // of another picture
  second_look(picture, {{}, {}}, reading);
  EXPECT_EQ(scene_of(reading).objects, truth.objects);
}

}  // namespace
}  // namespace lienzo::evaluation
