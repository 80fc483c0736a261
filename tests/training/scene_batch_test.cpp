#include "lienzo/training/tasks/scene_batch.h"

#include <gtest/gtest.h>

#include "lienzo/datasets/world/layout.h"
#include "lienzo/datasets/world/scene_map.h"

namespace lienzo::training {
namespace {

namespace world = datasets::world;

tensor::LayeredMap some_map() {
  std::vector<world::Scene> scenes;
  for (uint64_t i = 0; i < 2; ++i)
    scenes.push_back(world::sample_example(1, i, world::Split::kTraining).scene);
  return world::make_scene_map(scenes, 16);
}

TEST(SceneBatch, GivesBackTheMap) {
  const tensor::LayeredMap map = some_map();
  Batch batch = {torch::zeros({1})};
  append_map(batch, map);
  EXPECT_EQ(batch.size(), 1 + kMapTensors);
  const tensor::LayeredMap again = map_at(batch, 1);
  EXPECT_EQ(again.batch, 2);
  EXPECT_EQ(again.resolution, 16);
  EXPECT_EQ(again.level_sizes, map.level_sizes);
  EXPECT_TRUE(torch::equal(again.pixels, map.pixels));
  EXPECT_TRUE(torch::equal(again.thing, map.thing));
  EXPECT_TRUE(torch::equal(again.local, map.local));
  EXPECT_TRUE(torch::equal(again.attributes, map.attributes));
  EXPECT_TRUE(torch::equal(again.backdrop, map.backdrop));
}

// The meta device holds no numbers, but every machine has one.
TEST(SceneBatch, MovesTheWholeMap) {
  const tensor::LayeredMap map = some_map();
  const tensor::LayeredMap moved = to(map, torch::kMeta);
  for (const torch::Tensor& part :
       {moved.pixels, moved.thing, moved.local, moved.attributes, moved.backdrop})
    EXPECT_EQ(part.device().type(), torch::kMeta);
  EXPECT_EQ(moved.batch, map.batch);
  EXPECT_EQ(moved.resolution, map.resolution);
  EXPECT_EQ(moved.level_sizes, map.level_sizes);
  EXPECT_TRUE(map.pixels.is_cpu());
}

}  // namespace
}  // namespace lienzo::training
