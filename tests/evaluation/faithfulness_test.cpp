#include "lienzo/evaluation/faithfulness.h"

#include <gtest/gtest.h>

#include "lienzo/base/error.h"
#include "lienzo/datasets/world/renderer.h"

namespace lienzo::evaluation {
namespace {

namespace world = datasets::world;

Checker own_checker() { return Checker::load(LIENZO_SOURCE_DIR "/models/checker"); }

TEST(Faithfulness, PraisesAnExactDrawerAndBlamesACarelessOne) {
  FaithfulnessOptions options;
  options.set = FaithfulnessSet::kCounts;
  options.count = 20;
  const Drawer exact = [&](const std::string&, uint64_t seed) {
    const auto index = seed - options.seed;
    return world::render(make_case(options.set, options.language, options.seed, index).truth, 256);
  };
  const FaithfulnessReport good = evaluate_faithfulness(exact, own_checker(), options);
  EXPECT_GE(good.drawn.strict.right, 19);
  EXPECT_EQ(good.drawn.strict.total, 20);
  EXPECT_EQ(good.drawn.strict.right, good.truth.strict.right);

  const Drawer careless = [](const std::string&, uint64_t) {
    world::Scene scene;
    scene.objects.resize(1);
    return world::render(scene, 256);
  };
  int64_t reports = 0;
  const FaithfulnessReport bad =
      evaluate_faithfulness(careless, own_checker(), options, [&](const Progress& progress) {
        ++reports;
        EXPECT_EQ(progress.total, 20);
      });
  EXPECT_EQ(reports, 20);
  EXPECT_EQ(bad.drawn.strict.right, 0);
  EXPECT_EQ(bad.truth.strict.right, good.truth.strict.right);
  ASSERT_FALSE(bad.failures.empty());
  EXPECT_FALSE(bad.failures[0].prompt.empty());
  EXPECT_FALSE(bad.failures[0].faults.empty());
  EXPECT_GT(failure_sheet(bad).width, 192);

  const Json json = to_json(bad);
  EXPECT_EQ(json["set"], "counts");
  EXPECT_EQ(json["drawn"]["strict"]["total"], 20);
  EXPECT_EQ(json["failures"].size(), bad.failures.size());
  EXPECT_NE(to_table(bad).find("checker on rendered truth"), std::string::npos);
}

TEST(Faithfulness, JudgesLayoutsWithoutPictures) {
  FaithfulnessOptions options;
  options.set = FaithfulnessSet::kHeldOut;
  options.count = 30;
  const auto truth = [&](uint64_t seed) {
    return make_case(options.set, options.language, options.seed, seed - options.seed).truth;
  };
  const FaithfulnessReport exact =
      evaluate_layouts([&](const std::string&, uint64_t seed) { return truth(seed); }, options);
  EXPECT_EQ(exact.drawn.strict.right, 30);
  EXPECT_EQ(to_json(exact)["judged"], "layouts");
  EXPECT_EQ(to_table(exact).find("checker"), std::string::npos);

  const FaithfulnessReport lonely = evaluate_layouts(
      [&](const std::string&, uint64_t seed) {
        world::Scene scene = truth(seed);
        scene.objects.resize(1);
        return scene;
      },
      options);
  EXPECT_EQ(lonely.drawn.strict.right, 0);  // every prompt of this set names a relation
  EXPECT_EQ(lonely.failures[0].picture.width, 256);
}

TEST(Faithfulness, RefusesNoPictures) {
  FaithfulnessOptions options;
  options.count = 0;
  EXPECT_THROW(evaluate_faithfulness({}, own_checker(), options), Error);
}

}  // namespace
}  // namespace lienzo::evaluation
