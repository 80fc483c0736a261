#include "lienzo/pipelines/names_elsewhere.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "lienzo/base/error.h"
#include "lienzo/pipelines/embedded_model.h"

namespace lienzo::pipelines {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Pair;

EmbeddedModel mini() { return EmbeddedModel::load(LIENZO_SOURCE_DIR "/models/mini"); }

TEST(NamesElsewhere, ASamplerWithItsSchedule) {
  provenance::Record record;
  record.sampler = "dpmpp_2m";
  record.extra["schedule"] = "karras";
  name_sampling_elsewhere(record);
  EXPECT_THAT(record.elsewhere,
              ElementsAre(Pair("Sampler", "DPM++ 2M"), Pair("Schedule type", "Karras")));
  provenance::Record ours;
  ours.sampler = "tcd";
  ours.extra["schedule"] = "default";
  name_sampling_elsewhere(ours);
  EXPECT_THAT(ours.elsewhere, ElementsAre(Pair("Sampler", "tcd")));
}

TEST(NamesElsewhere, InWhatTheEmbeddedModelRecords) {
  const ImagineRequest request{.prompt = "un cubo",
                               .width = 64,
                               .height = 64,
                               .steps = 1,
                               .guidance = 0.5,
                               .sampler = "euler_ancestral"};
  const provenance::Record record = mini().imagine(request)[0].record;
  EXPECT_EQ(record.sampler, "euler_ancestral");
  EXPECT_EQ(record.guidance, 0.5);
  EXPECT_THAT(provenance::to_parameters(record), HasSubstr("Sampler: Euler a, CFG scale: 0.5,"));
}

TEST(NamesElsewhere, GuidanceIsRefusedOutsideItsRange) {
  for (const double guidance : {-0.5, 100.5}) {
    try {
      mini().imagine({.prompt = "un cubo", .guidance = guidance});
      ADD_FAILURE() << guidance << " is taken";
    } catch (const Error& error) {
      EXPECT_THAT(error.what(), HasSubstr("expected 0 to 100"));
    }
  }
}

}  // namespace
}  // namespace lienzo::pipelines
