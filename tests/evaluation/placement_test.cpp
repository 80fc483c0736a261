#include "lienzo/evaluation/placement.h"

#include <gtest/gtest.h>

#include "lienzo/base/random.h"
#include "lienzo/datasets/world/layout.h"

namespace lienzo::evaluation {
namespace {

using namespace datasets::world;  // NOLINT: the whole test speaks of the world

std::vector<Sighting> sightings_of(const Scene& scene, double error, Random& random) {
  std::vector<Sighting> sightings;
  for (const Object& object : scene.objects) {
    const double elevation =
        object.elevation / static_cast<double>(kUnit) + random.uniform(-error, error);
    sightings.push_back({object.shape,
                         object.size,
                         object.colour,
                         object.material,
                         picture_box(object),
                         elevation,
                         0.9});
  }
  return sightings;
}

TEST(Place, RecoversEveryPlaceFromExactBoxesAndRoughHeights) {
  Random random(3);
  for (uint64_t i = 0; i < 300; ++i) {
    const Scene scene = sample_example(11, i, Split::kAll).scene;
    const std::vector<Detection> detections = place(sightings_of(scene, 0.06, random));
    ASSERT_EQ(detections.size(), scene.objects.size());
    for (size_t k = 0; k < detections.size(); ++k) {
      const Object &got = detections[k].object, &wanted = scene.objects[k];
      EXPECT_EQ(got.shape, wanted.shape);
      EXPECT_EQ(got.colour, wanted.colour);
      EXPECT_EQ(got.x, wanted.x) << i;
      EXPECT_NEAR(got.elevation, wanted.elevation, 1) << i << " " << name(wanted.shape);
      EXPECT_NEAR(got.z, wanted.z, 2) << i << " " << name(wanted.shape);
      EXPECT_EQ(got.word.size(), wanted.word.size());
    }
  }
}

TEST(Place, PutsWhatFloatsALittleOnTheGround) {
  Object cube;
  const std::vector<Detection> detections = place(
      {{Shape::kCube, Size::kLarge, Colour::kRed, Material::kMatte, picture_box(cube), 0.12, 1}});
  EXPECT_EQ(detections.at(0).object.elevation, 0);
  EXPECT_EQ(detections.at(0).object.z, 0);
}

TEST(Place, NothingFromNothing) { EXPECT_TRUE(place({}).empty()); }

}  // namespace
}  // namespace lienzo::evaluation
