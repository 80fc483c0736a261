#include "lienzo/pipelines/captioned_model.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <torch/types.h>
#include <torch/utils.h>
#include <unistd.h>

#include "lienzo/base/error.h"
#include "lienzo/pipelines/any_model.h"
#include "lienzo/training/registry.h"
#include "lienzo/training/trainer.h"

namespace lienzo::pipelines {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

// A model that has seen two steps.
class CaptionedModelTest : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    folder_ = fs::path(testing::TempDir()) / ("lienzo-captioned-" + std::to_string(::getpid()));
    training::Recipe recipe =
        training::load_recipe(LIENZO_SOURCE_DIR "/recipes/tiny-captioned.toml");
    recipe.train.steps = 2;
    recipe.output = folder_;
    torch::manual_seed(1);
    const auto task = training::make_task(recipe);
    // Fresh networks answer zero, whatever they are told.
    {
      torch::NoGradGuard no_grad;
      for (torch::Tensor& parameter : task->module().parameters()) parameter.normal_(0, 0.2);
    }
    training::train(*task, recipe);
  }
  static void TearDownTestSuite() { fs::remove_all(folder_); }
  static CaptionedModel model() { return CaptionedModel::load(folder_ / "model"); }
  inline static fs::path folder_;
};

TEST_F(CaptionedModelTest, DrawsWhatSeedAndWordsSay) {
  CaptionedModel drawer = model();
  EXPECT_EQ(drawer.name(), "tiny-captioned");
  EXPECT_EQ(drawer.hash().size(), 64);
  const CaptionedRequest request{.prompt = "un cubo rojo", .seed = 3, .steps = 3};
  const image::Image picture = drawer.draw(request);
  EXPECT_EQ(picture.width, 16);
  EXPECT_EQ(picture, model().draw(request));
  auto changed = [&](auto&& change) {
    CaptionedRequest other = request;
    change(other);
    return drawer.draw(other) != picture;
  };
  EXPECT_TRUE(changed([](auto& r) { r.seed = 4; }));
  EXPECT_TRUE(changed([](auto& r) { r.prompt = "a blue sphere"; }));
  EXPECT_TRUE(changed([](auto& r) { r.steps = 2; }));
  EXPECT_TRUE(changed([](auto& r) { r.guidance = 1; }));
  EXPECT_TRUE(changed([](auto& r) { r.negative_prompt = "a blue sphere"; }));
  EXPECT_TRUE(changed([](auto& r) { r.sampler = "heun"; }));
  CaptionedRequest larger = request;
  larger.size = 24;
  EXPECT_EQ(drawer.draw(larger).height, 24);
}

TEST_F(CaptionedModelTest, RecordsTheSamplerAsOthersCallIt) {
  AnyModel drawer = AnyModel::load(folder_ / "model");
  ImagineRequest request{.prompt = "un cubo", .width = 16, .height = 16, .steps = 1};
  request.sampler = "euler_ancestral";
  const provenance::Record record = drawer.imagine(request, {})[0].record;
  EXPECT_EQ(record.sampler, "euler_ancestral");
  EXPECT_THAT(provenance::to_parameters(record), HasSubstr("Sampler: Euler a,"));
}

TEST_F(CaptionedModelTest, RefusesTheImpossible) {
  CaptionedModel drawer = model();
  const auto message = [&](const CaptionedRequest& request) -> std::string {
    try {
      drawer.draw(request);
    } catch (const Error& error) {
      return error.what();
    }
    return "";
  };
  EXPECT_THAT(message({.prompt = "x", .steps = 201}), HasSubstr("steps"));
  EXPECT_THAT(message({.prompt = "x", .guidance = -1}), HasSubstr("guidance"));
  EXPECT_THAT(message({.prompt = "x", .guidance = 100.5}), HasSubstr("guidance"));
  EXPECT_EQ(message({.prompt = "x", .steps = 1, .guidance = 100}), "");
  EXPECT_THAT(message({.prompt = "x", .sampler = "warp"}), HasSubstr("warp"));
  EXPECT_THAT(message({.prompt = "x", .size = 18}), HasSubstr("multiples of 4"));
  EXPECT_THAT(message({.prompt = std::string(3000, 'x')}), HasSubstr("tokens"));
  EXPECT_THROW(CaptionedModel::load(folder_), Error);
}

}  // namespace
}  // namespace lienzo::pipelines
