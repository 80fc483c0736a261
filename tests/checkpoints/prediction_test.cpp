#include "lienzo/checkpoints/prediction.h"

#include <gtest/gtest.h>

#include "../base/expect_error.h"
#include "../weights/temporary_folder.h"
#include "golden_models.h"

namespace lienzo::checkpoints {
namespace {

TEST(Prediction, FromTheScheduler) {
  EXPECT_EQ(prediction_of_scheduler(Json(), "s"), std::nullopt);
  EXPECT_EQ(prediction_of_scheduler({{"beta_start", 0.1}}, "s"), std::nullopt);
  EXPECT_EQ(prediction_of_scheduler({{"prediction_type", "epsilon"}}, "s"), Prediction::kEpsilon);
  EXPECT_EQ(prediction_of_scheduler({{"prediction_type", "v_prediction"}}, "s"), Prediction::kV);
  for (const Json& other : {Json("sample"), Json(7), Json(nullptr)}) {
    expect_error(
        ErrorKind::kUnsupported,
        [&] {
          prediction_of_scheduler({{"prediction_type", other}}, "scheduler_config.json");
        },
        "scheduler_config.json",
        "'prediction_type' is " + other.dump());
  }
}

TEST(Prediction, GuessesBySteps) {
  const auto guess = [](Family family, std::map<std::string, std::string> metadata = {}) {
    return guess_prediction(family, index_of({}, std::move(metadata)), "absent/model.ckpt");
  };
  EXPECT_EQ(guess(Family::kSd1), Prediction::kEpsilon);
  EXPECT_EQ(guess(Family::kSdXl), Prediction::kEpsilon);
  EXPECT_EQ(guess(Family::kSd2), Prediction::kV);
  EXPECT_EQ(guess(Family::kSd2Inpaint), Prediction::kEpsilon);
  EXPECT_EQ(guess(Family::kSd2, {{"global_step", "875000"}}), Prediction::kEpsilon);
  EXPECT_EQ(guess(Family::kSd2, {{"global_step", "140000"}}), Prediction::kV);
}

TEST(Prediction, MarksInTheFile) {
  const auto guess = [](const weights::TensorIndex& index) {
    return guess_prediction(Family::kSdXl, index, "absent/model.safetensors");
  };
  EXPECT_EQ(guess(index_of({{"v_pred", {0}}})), Prediction::kV);
  EXPECT_EQ(guess(index_of({}, {{"modelspec.prediction_type", "v"}})), Prediction::kV);
  EXPECT_EQ(guess_prediction(
                Family::kSd2, index_of({}, {{"modelspec.prediction_type", "epsilon"}}), "absent"),
            Prediction::kEpsilon);
}

TEST(Prediction, TheYamlBesideTheFile) {
  const weights::TemporaryFolder folder;
  const auto guess = [&](Family family, const std::string& yaml) {
    write_file_atomic(folder / "model.yaml", yaml);
    return guess_prediction(family, index_of({}), folder / "model.ckpt");
  };
  EXPECT_EQ(guess(Family::kSd1, "model:\n  params:\n    parameterization: \"v\"\n"),
            Prediction::kV);
  EXPECT_EQ(guess(Family::kSd2, "parameterization: eps # noise\n"), Prediction::kEpsilon);
  EXPECT_EQ(guess(Family::kSd2, "model:\n"), Prediction::kV);
  EXPECT_EQ(guess(Family::kSd2, "parameterization:"), Prediction::kV);
}

}  // namespace
}  // namespace lienzo::checkpoints
