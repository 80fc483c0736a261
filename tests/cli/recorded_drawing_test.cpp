#include "lienzo/cli/recorded_drawing.h"

#include <gtest/gtest.h>

namespace lienzo::cli {
namespace {

TEST(RecordedDrawing, TellsWhetherThereWasAPicture) {
  const auto record = [](const std::string& more) {
    return provenance::record_from_parameters("a fox\nSteps: 20, Sampler: Euler, Seed: 5, " + more,
                                              "a test");
  };
  EXPECT_FALSE(is_of_a_picture(record("Size: 8x8")));
  EXPECT_TRUE(is_of_a_picture(record("Denoising strength: 0.6")));
  EXPECT_FALSE(is_of_a_picture(record("Denoising strength: 0.6, Hires upscale: 2")));
  EXPECT_FALSE(is_of_a_picture(record("Denoising strength: 0.6, Hires resize: 8x8")));
  const auto masked = record(
      "Denoising strength: 0.6, Mask blur: 7, Inpaint area: Only masked, Masked area padding: 5");
  EXPECT_TRUE(is_of_a_mask(masked));
  pipelines::InpaintOptions inpaint;
  apply_recorded_mask(masked, inpaint);
  EXPECT_EQ(inpaint.blur, 7);
  EXPECT_EQ(inpaint.padding, 5);
  EXPECT_TRUE(inpaint.only_masked);
}

TEST(RecordedDrawing, NamesSettingsThatAreNotRead) {
  const std::string text =
      "a fox\nSteps: 20, Sampler: Euler, Seed: 5, Clip skip: 2, Variation seed: 8, Hires upscaler: "
      "Latent, Version: ";
  EXPECT_EQ(unread_settings(provenance::record_from_parameters(text + "v1.10.1", "a test")),
            (std::vector<std::string>{"Variation seed", "Hires upscaler"}));
  EXPECT_TRUE(
      unread_settings(provenance::record_from_parameters(text + "lienzo 0.1.0", "a test")).empty());
}

}  // namespace
}  // namespace lienzo::cli
