#include "lienzo/cli/drawing_request.h"

#include <gtest/gtest.h>

#include "../base/expect_error.h"

namespace lienzo::cli {
namespace {

int clip_skip_of(const char* key, const Json& value) {
  provenance::Record record;
  record.extra[key] = value;
  return plan_drawing({}, record, /*new_seed=*/1).clip_skip;
}

TEST(PlanDrawing, CountsLayersLeftOffAsTheProgramOfTheRecordDoes) {
  EXPECT_EQ(clip_skip_of("clip_skip", 1), 1);
  EXPECT_EQ(clip_skip_of("Clip skip", "2"), 1);
  EXPECT_EQ(clip_skip_of("Clip skip", "200"), 199) << "refused later, by name";
}

TEST(PlanDrawing, TakesNoCountFromWhatIsNone) {
  for (const char* text : {"", "two", "1.5", "1e300", "-1e300", "-2147483648", "inf", "nan"})
    EXPECT_EQ(clip_skip_of("Clip skip", text), 0) << text;
  EXPECT_EQ(clip_skip_of("clip_skip", 1e300), 0);
  EXPECT_EQ(clip_skip_of("clip_skip", Json::array()), 0);
}

TEST(PlanInpainting, TakesWhatIsTypedBeforeTheRecord) {
  provenance::Record record;
  EXPECT_EQ(plan_inpainting({}, record).blur, pipelines::InpaintOptions{}.blur);
  record.extra["inpaint"] = {{"blur", 7}, {"padding", 9}, {"only_masked", true}};
  DrawOptions typed;
  typed.padding = 40;
  const pipelines::InpaintOptions inpaint = plan_inpainting(typed, record);
  EXPECT_EQ(inpaint.blur, 7);
  EXPECT_EQ(inpaint.padding, 40);
  EXPECT_TRUE(inpaint.only_masked);
}

TEST(PlanInpainting, RefusesARecordWithOtherSettings) {
  provenance::Record record;
  for (const Json& wrong : {Json("much"), Json(1.5), Json(1e300), Json(nullptr)}) {
    record.extra["inpaint"] = {{"blur", wrong}};
    expect_error(
        ErrorKind::kInvalidInput, [&] { plan_inpainting({}, record); }, "inpaint", "'blur'");
  }
  record.extra["inpaint"] = {{"softness", 1}};
  expect_error(
      ErrorKind::kInvalidInput, [&] { plan_inpainting({}, record); }, "inpaint", "'softness'");
}

pipelines::StableDiffusionRequest plan_like(const std::string& parameters) {
  return plan_drawing({}, provenance::record_from_parameters(parameters, "a test"), 1);
}

TEST(PlanDrawing, TakesTheSecondPassOfOtherPrograms) {
  const auto request = plan_like(
      "a fox\nSteps: 20, Sampler: DPM++ 2M, Schedule type: Karras, CFG scale: 7, Seed: 5, Size: "
      "512x768, Denoising strength: 0.4, Hires upscale: 2, Hires steps: 12, Eta: 0.5, Version: "
      "v1.10.1");
  ASSERT_TRUE(request.second_pass);
  EXPECT_EQ(request.second_pass->scale, 2);
  EXPECT_EQ(request.second_pass->strength, 0.4);
  EXPECT_EQ(request.second_pass->steps, 12);
  EXPECT_EQ(request.sampling.strength, 1) << "it is the second pass's";
  EXPECT_EQ(request.height, 768);
  EXPECT_EQ(request.sampling.eta, 0.5);
}

TEST(PlanDrawing, FillsInWhatAutomatic1111LeavesUnsaid) {
  const std::string start = "a fox\nSteps: 20, Sampler: ", rest = ", CFG scale: 7, Seed: 5";
  const auto euler = plan_like(start + "Euler" + rest);
  EXPECT_EQ(euler.noise, tensor::NoiseKind::kPhilox);
  EXPECT_EQ(euler.sampling.schedule, "normal");
  EXPECT_EQ(plan_like(start + "DDIM" + rest).sampling.schedule, "");
  EXPECT_EQ(plan_like(start + "DPM++ 2M Karras" + rest).sampling.schedule, "karras");
  EXPECT_EQ(plan_like(start + "Euler" + rest + ", RNG: CPU").noise, tensor::NoiseKind::kCpu);
  const auto ours = plan_like(start + "Euler" + rest + ", Version: lienzo 0.1.0");
  EXPECT_EQ(ours.noise, tensor::NoiseKind::kCpu);
  EXPECT_EQ(ours.sampling.schedule, "");
}

}  // namespace
}  // namespace lienzo::cli
