#include "lienzo/cli/drawing_request.h"

#include <gtest/gtest.h>

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

}  // namespace
}  // namespace lienzo::cli
