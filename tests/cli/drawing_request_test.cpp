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

}  // namespace
}  // namespace lienzo::cli
