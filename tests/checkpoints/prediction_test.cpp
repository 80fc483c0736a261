#include "lienzo/checkpoints/prediction.h"

#include <gtest/gtest.h>
#include <torch/types.h>

#include "../base/expect_error.h"
#include "../weights/temporary_folder.h"
#include "golden_models.h"
#include "lienzo/base/log.h"
#include "lienzo/checkpoints/checkpoint.h"
#include "lienzo/weights/open_tensor_file.h"
#include "lienzo/weights/safetensors.h"

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
    return stated_prediction(family, index_of({}, std::move(metadata)), "absent/model.ckpt");
  };
  EXPECT_EQ(guess(Family::kSd1), Prediction::kEpsilon);
  EXPECT_EQ(guess(Family::kSdXl), Prediction::kEpsilon);
  EXPECT_EQ(guess(Family::kSd2), std::nullopt);
  EXPECT_EQ(guess(Family::kSd2Inpaint), Prediction::kEpsilon);
  EXPECT_EQ(guess(Family::kSd2, {{"global_step", "875000"}}), Prediction::kEpsilon);
  EXPECT_EQ(guess(Family::kSd2, {{"global_step", "140000"}}), Prediction::kV);
}

TEST(Prediction, MarksInTheFile) {
  const auto guess = [](const weights::TensorIndex& index) {
    return stated_prediction(Family::kSdXl, index, "absent/model.safetensors");
  };
  EXPECT_EQ(guess(index_of({{"v_pred", {0}}})), Prediction::kV);
  EXPECT_EQ(guess(index_of({}, {{"modelspec.prediction_type", "v"}})), Prediction::kV);
  EXPECT_EQ(stated_prediction(
                Family::kSd2, index_of({}, {{"modelspec.prediction_type", "epsilon"}}), "absent"),
            Prediction::kEpsilon);
}

TEST(Prediction, TheYamlBesideTheFile) {
  const weights::TemporaryFolder folder;
  const auto guess = [&](Family family, const std::string& yaml) {
    write_file_atomic(folder / "model.yaml", yaml);
    return stated_prediction(family, index_of({}), folder / "model.ckpt");
  };
  EXPECT_EQ(guess(Family::kSd1, "model:\n  params:\n    parameterization: \"v\"\n"),
            Prediction::kV);
  EXPECT_EQ(guess(Family::kSd2, "parameterization: eps # noise\n"), Prediction::kEpsilon);
  EXPECT_EQ(guess(Family::kSd2, "model:\n"), std::nullopt);
  EXPECT_EQ(guess(Family::kSd2, "parameterization:"), std::nullopt);
}

TEST(Prediction, OfASilentUNetByItsLastNorm) {
  const auto seen = [](double deviation, const std::string& name) {
    const torch::Tensor bias = torch::tensor({deviation, -deviation, deviation, -deviation}) + 3;
    return prediction_of_weights(weights::TensorList({{name, bias.to(torch::kHalf)}}, "unet"));
  };
  const std::string last = "up_blocks.3.attentions.2.transformer_blocks.0.norm1.bias";
  EXPECT_EQ(seen(0.15, last), Prediction::kV);
  EXPECT_EQ(seen(0.05, last), Prediction::kEpsilon);
  EXPECT_EQ(seen(0.15, "up_blocks.3.attentions.1.transformer_blocks.0.norm1.bias"), std::nullopt);
}

TEST(Prediction, OfASilentFileIsSaidWithTheOptionThatSetsIt) {
  const auto whole = weights::open_tensor_file(golden("sd2/original.safetensors"));
  auto metadata = whole->index().metadata();
  metadata.erase("lienzo.config.scheduler");
  const weights::TemporaryFolder folder;
  const std::filesystem::path silent = folder / "silent.safetensors";
  weights::write_safetensors(silent, *whole, std::nullopt, metadata);
  std::string said;
  set_log_sink([&](LogLevel level, std::string_view message) {
    EXPECT_EQ(level, LogLevel::kWarning);
    said += message;
  });
  // Its last norm deviates by 0.07.
  EXPECT_EQ(open_checkpoint(silent).prediction, Prediction::kEpsilon);
  EXPECT_NE(said.find("silent.safetensors"), std::string::npos) << said;
  EXPECT_NE(said.find("--prediction v_prediction"), std::string::npos) << said;
  said.clear();
  EXPECT_EQ(open_checkpoint(silent, {.prediction = Prediction::kV}).prediction, Prediction::kV);
  open_checkpoint(golden("sd2/original.safetensors"));
  open_checkpoint(golden("sd1/original.safetensors"));
  EXPECT_EQ(said, "");
  set_log_sink({});
}

}  // namespace
}  // namespace lienzo::checkpoints
