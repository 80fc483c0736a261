#include "lienzo/cli/imagine_request.h"

#include <gtest/gtest.h>

#include "lienzo/base/error.h"

namespace lienzo::cli {
namespace {

namespace world = datasets::world;

const ModelFacts kMini{.name = "mini", .hash = "abcdef0123"};
const ModelFacts kCaptioned{
    .name = "mine", .hash = "99", .has_scenes = false, .own_size = 64, .own_guidance = 3};

world::Scene cube(int x) {
  world::Scene scene;
  scene.objects.emplace_back().x = x;
  return scene;
}

// A picture drawn from words, or from a scene that the user gave.
ImagineInput like(const std::string& prompt, bool scene_given) {
  ImagineInput input;
  provenance::Record record;
  record.prompt = prompt;
  record.seed = 5;
  record.steps = 7;
  record.sampler = "ddim";
  record.width = record.height = 128;
  record.model = "mini";
  record.model_hash = "abcdef";
  record.scene = world::to_json(cube(1));
  if (scene_given) record.extra[kSceneGiven] = true;
  input.record = record;
  input.like = "picture.png";
  return input;
}

TEST(PlanRequest, TakesWhatIsTypedAndTheModelsOwn) {
  const PlannedRequest plain = plan_request({.prompt = "a cube", .new_seed = 11}, kMini);
  EXPECT_EQ(plain.request.seed, 11);
  EXPECT_EQ(plain.request.width, 256);
  EXPECT_FALSE(plain.scene_given || plain.repeats);
  const PlannedRequest own = plan_request({.prompt = "a cube", .seed = 3}, kCaptioned);
  EXPECT_EQ(own.request.seed, 3);
  EXPECT_EQ(own.request.width, 64);
  EXPECT_EQ(own.request.guidance, 3);
}

TEST(PlanRequest, NegativePromptTurnsGuidanceOn) {
  EXPECT_EQ(plan_request({.prompt = "a", .negative = "b"}, kMini).request.guidance, 2);
  EXPECT_EQ(plan_request({.prompt = "a", .negative = "b"}, kCaptioned).request.guidance, 3);
  EXPECT_EQ(plan_request({.prompt = "a", .negative = "b", .guidance = 1}, kMini).request.guidance,
            1);
}

TEST(PlanRequest, TakesOtherProgramsNamesOfSamplers) {
  const auto sampler = [](const std::string& name) {
    return plan_request({.prompt = "a", .sampler = name}, kMini).request.sampler;
  };
  EXPECT_EQ(sampler("euler_a"), "euler_ancestral");
  EXPECT_EQ(sampler("Euler a"), "euler_ancestral");
  EXPECT_EQ(sampler("ddim"), "ddim");
  EXPECT_EQ(sampler(""), "");
  EXPECT_THROW(sampler("DPM++ 2M Karras"), Error);
  EXPECT_THROW(sampler("magic"), Error);
}

TEST(PlanRequest, RepeatsARecord) {
  const PlannedRequest plan = plan_request(like("a cube", false), kMini);
  EXPECT_TRUE(plan.repeats);
  EXPECT_EQ(plan.warning, "");
  EXPECT_EQ(plan.request.seed, 5);
  EXPECT_EQ(plan.request.steps, 7);
  EXPECT_EQ(plan.request.sampler, "ddim");
  EXPECT_EQ(plan.request.width, 128);
  EXPECT_EQ(plan.request.scene, cube(1));
  EXPECT_FALSE(plan.scene_given);
}

TEST(PlanRequest, PlansAnotherLayoutForAnotherPicture) {
  const auto scene_of = [](auto change) {
    ImagineInput input = like("a cube", false);
    change(input);
    return plan_request(input, kMini).request.scene;
  };
  EXPECT_EQ(scene_of([](ImagineInput& input) { input.seed = 6; }), std::nullopt);
  EXPECT_EQ(scene_of([](ImagineInput& input) { input.prompt = "a cone"; }), std::nullopt);
  EXPECT_EQ(scene_of([](ImagineInput& input) { input.negative = "a cone"; }), std::nullopt);
  EXPECT_EQ(scene_of([](ImagineInput& input) { input.guidance = 2; }), std::nullopt);
  EXPECT_EQ(scene_of([](ImagineInput& input) { input.count = 3; }), std::nullopt);
  EXPECT_EQ(scene_of([](ImagineInput& input) { input.steps = 40; }), cube(1));
  EXPECT_EQ(scene_of([](ImagineInput& input) { input.scene = cube(2); }), cube(2));
}

TEST(PlanRequest, KeepsASceneThatTheUserGave) {
  const auto plan_of = [](auto change) {
    ImagineInput input = like("", true);
    change(input);
    return plan_request(input, kMini);
  };
  for (const PlannedRequest& plan :
       {plan_of([](ImagineInput&) {}),
        plan_of([](ImagineInput& input) { input.seed = 6; }),
        plan_of([](ImagineInput& input) { input.negative = "a cone"; }),
        plan_of([](ImagineInput& input) { input.guidance = 2; }),
        plan_of([](ImagineInput& input) { input.count = 3; })}) {
    EXPECT_EQ(plan.request.scene, cube(1));
    EXPECT_TRUE(plan.scene_given);
  }
  const PlannedRequest words = plan_of([](ImagineInput& input) { input.prompt = "a cone"; });
  EXPECT_EQ(words.request.scene, std::nullopt);
  EXPECT_FALSE(words.scene_given);
  const PlannedRequest scene = plan_of([](ImagineInput& input) { input.scene = cube(2); });
  EXPECT_EQ(scene.request.scene, cube(2));
  EXPECT_TRUE(scene.scene_given);
}

TEST(PlanRequest, TakesOnlyWordsSeedAndGivenSceneFromAnotherModel) {
  const PlannedRequest own = plan_request(like("a cube", true), kCaptioned);
  EXPECT_EQ(own.request.prompt, "a cube");
  EXPECT_EQ(own.request.seed, 5);
  EXPECT_EQ(own.request.width, 64);
  EXPECT_EQ(own.request.guidance, 3);
  EXPECT_EQ(own.request.scene, std::nullopt);
  EXPECT_FALSE(own.repeats);
  EXPECT_NE(own.warning.find("another model (mini)"), std::string::npos) << own.warning;
  const ModelFacts other{.name = "maxi", .hash = "77"};
  EXPECT_EQ(plan_request(like("a cube", false), other).request.scene, std::nullopt);
  EXPECT_EQ(plan_request(like("", true), other).request.scene, cube(1));
}

TEST(PlanRequest, TellsOtherWeightsOfTheSameModel) {
  const PlannedRequest plan =
      plan_request(like("a cube", false), {.name = "mini", .hash = "1234567890"});
  EXPECT_FALSE(plan.repeats);
  EXPECT_NE(plan.warning.find("other weights"), std::string::npos) << plan.warning;
  EXPECT_EQ(plan.request.width, 128);
}

TEST(PlanRequest, LeavesGapsOfARecordToTheModel) {
  ImagineInput input = like("a cube", false);
  input.record->width = input.record->height = input.record->steps = 0;
  EXPECT_EQ(plan_request(input, kMini).request.width, 256);
  // What other programs wrote there is no answer.
  input.record->extra[kSceneGiven] = "yes";
  EXPECT_FALSE(plan_request(input, kMini).scene_given);
  input.record->scene = Json("cube");
  EXPECT_THROW(plan_request(input, kMini), Error);
}

}  // namespace
}  // namespace lienzo::cli
