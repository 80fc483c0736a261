#include "lienzo/evaluation/judge.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "lienzo/datasets/world/layout.h"

namespace lienzo::evaluation {
namespace {

using namespace datasets::world;  // NOLINT: the whole test speaks of the world

Object solid(Shape shape, Colour colour, int x, int z = 0, int elevation = 0) {
  Object object;
  object.shape = shape;
  object.colour = colour;
  object.x = x;
  object.z = z;
  object.elevation = elevation;
  return object;
}

SceneReading reading_of(const Scene& scene) {
  SceneReading reading;
  reading.background = scene.background;
  for (const Object& object : scene.objects)
    reading.detections.push_back({object, picture_box(object), 0.9});
  return reading;
}

// A red cube on a blue cube, at night.
struct RedOnBlue {
  SceneSpec asked;
  Scene scene;
  RedOnBlue() {
    asked.objects.resize(2);
    asked.objects[0].shape = asked.objects[1].shape = Shape::kCube;
    asked.objects[0].colour = Colour::kRed;
    asked.objects[1].colour = Colour::kBlue;
    asked.relations = {{Relation::kOnTopOf, 0, 1}};
    asked.background = Background::kNight;
    scene.background = Background::kNight;
    scene.objects = {solid(Shape::kCube, Colour::kBlue, 0, 4),
                     solid(Shape::kCube, Colour::kRed, 1, 4, 13)};
  }
  Verdict verdict() const { return judge(asked, reading_of(scene)); }
};

TEST(Judge, AcceptsWhatIsRightInAnyOrder) {
  const Verdict verdict = RedOnBlue().verdict();
  EXPECT_TRUE(verdict.strict) << testing::PrintToString(verdict.faults);
  EXPECT_TRUE(verdict.count);
  EXPECT_EQ(verdict.shapes.right, 2);
  EXPECT_EQ(verdict.colours.right, 2);
  EXPECT_EQ(verdict.relations.right, 1);
  EXPECT_EQ(verdict.backgrounds.right, 1);
  EXPECT_EQ(verdict.materials.total, 0);
}

TEST(Judge, SeesAWrongShape) {
  RedOnBlue pair;
  pair.scene.objects[1].shape = Shape::kSphere;
  const Verdict verdict = pair.verdict();
  EXPECT_FALSE(verdict.strict);
  EXPECT_EQ(verdict.shapes.right, 1);
  EXPECT_EQ(verdict.colours.right, 2);
  EXPECT_THAT(verdict.faults, testing::ElementsAre("object 1 is sphere, not cube"));
}

TEST(Judge, SeesAWrongColour) {
  RedOnBlue pair;
  pair.scene.objects[0].colour = Colour::kGreen;
  const Verdict verdict = pair.verdict();
  EXPECT_FALSE(verdict.strict);
  EXPECT_EQ(verdict.colours.right, 1);
  EXPECT_EQ(verdict.shapes.right, 2);
}

TEST(Judge, SeesColoursSwapped) {
  RedOnBlue pair;
  std::swap(pair.scene.objects[0].colour, pair.scene.objects[1].colour);
  const Verdict verdict = pair.verdict();
  EXPECT_FALSE(verdict.strict);
  EXPECT_EQ(verdict.colours.right + verdict.relations.right,
            2);  // either the colours or the relation is to blame
}

TEST(Judge, SeesARelationThatDoesNotHold) {
  RedOnBlue pair;
  pair.scene.objects[1] = solid(Shape::kCube, Colour::kRed, 20, 4);
  const Verdict verdict = pair.verdict();
  EXPECT_FALSE(verdict.strict);
  EXPECT_EQ(verdict.relations.right, 0);
  EXPECT_EQ(verdict.colours.right, 2);
}

TEST(Judge, SeesWhatIsMissingAndWhatIsTooMuch) {
  RedOnBlue missing;
  missing.scene.objects.pop_back();
  Verdict verdict = missing.verdict();
  EXPECT_FALSE(verdict.count);
  EXPECT_FALSE(verdict.strict);
  EXPECT_EQ(verdict.colours.right, 1);  // the blue cube that is there counts
  EXPECT_EQ(verdict.colours.total, 2);
  EXPECT_EQ(verdict.relations.right, 0);

  RedOnBlue more;
  more.scene.objects.push_back(solid(Shape::kCone, Colour::kPink, -20));
  verdict = more.verdict();
  EXPECT_FALSE(verdict.count);
  EXPECT_FALSE(verdict.strict);
  EXPECT_EQ(verdict.relations.right, 1);

  const Verdict nothing = judge(RedOnBlue().asked, {});
  EXPECT_FALSE(nothing.strict);
  EXPECT_EQ(nothing.shapes.right, 0);
  EXPECT_EQ(nothing.shapes.total, 2);
}

TEST(Judge, SeesAWrongBackground) {
  RedOnBlue pair;
  pair.scene.background = Background::kDay;
  const Verdict verdict = pair.verdict();
  EXPECT_FALSE(verdict.strict);
  EXPECT_EQ(verdict.backgrounds.right, 0);
  pair.asked.background.reset();
  EXPECT_TRUE(pair.verdict().strict);
}

TEST(Judge, SeesWrongMaterialSizeAndWord) {
  SceneSpec asked;
  asked.objects.resize(2);
  asked.objects[0] = {Shape::kSphere, Colour::kGreen, Material::kGlass, Size::kLarge, std::nullopt};
  asked.objects[1].word = "NI~O";
  Scene scene;
  scene.objects = {solid(Shape::kSphere, Colour::kGreen, -16),
                   solid(Shape::kSign, Colour::kRed, 10)};
  scene.objects[0].material = Material::kGlass;
  scene.objects[1].word = "NI~O";
  EXPECT_TRUE(judge(asked, reading_of(scene)).strict);
  Scene wrong = scene;
  wrong.objects[0].material = Material::kMatte;
  EXPECT_EQ(judge(asked, reading_of(wrong)).materials.right, 0);
  EXPECT_FALSE(judge(asked, reading_of(wrong)).strict);
  wrong = scene;
  wrong.objects[0].size = Size::kSmall;
  EXPECT_EQ(judge(asked, reading_of(wrong)).sizes.right, 0);
  EXPECT_FALSE(judge(asked, reading_of(wrong)).strict);
  wrong = scene;
  wrong.objects[1].word = "NINO";
  EXPECT_EQ(judge(asked, reading_of(wrong)).words.right, 0);
  EXPECT_FALSE(judge(asked, reading_of(wrong)).strict);
}

TEST(Judge, FindsTheAssignmentAmongAlikeObjects) {
  SceneSpec asked;
  asked.objects.resize(3);
  for (ObjectSpec& spec : asked.objects) spec.shape = Shape::kCube, spec.colour = Colour::kRed;
  asked.relations = {{Relation::kBetween, 0, 1, 2}};
  Scene scene;
  scene.objects = {solid(Shape::kCube, Colour::kRed, -22),
                   solid(Shape::kCube, Colour::kRed, 22),
                   solid(Shape::kCube, Colour::kRed, 0)};
  EXPECT_TRUE(judge(asked, reading_of(scene)).strict);
}

TEST(Judge, AcceptsItsOwnWorld) {
  for (uint64_t i = 0; i < 300; ++i) {
    const Example example = sample_example(5, i, Split::kAll);
    const Verdict verdict = judge(example.spec, reading_of(example.scene));
    EXPECT_TRUE(verdict.strict) << i << ": " << testing::PrintToString(verdict.faults);
  }
}

TEST(NearlyHolds, AllowsASixteenthButNoMore) {
  Scene scene;
  scene.objects = {solid(Shape::kCube, Colour::kRed, 0, 0),
                   solid(Shape::kCube, Colour::kBlue, 0, 6)};
  const RelationSpec in_front = {Relation::kInFrontOf, 0, 1};
  EXPECT_TRUE(nearly_holds(scene, in_front));
  scene.objects[1].z = 4;
  EXPECT_FALSE(holds(scene, in_front));
  EXPECT_TRUE(nearly_holds(scene, in_front));
  scene.objects[1].z = 2;
  EXPECT_FALSE(nearly_holds(scene, in_front));
}

}  // namespace
}  // namespace lienzo::evaluation
