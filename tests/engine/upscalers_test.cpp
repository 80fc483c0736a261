#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "../weights/temporary_folder.h"
#include "lienzo/base/field_error.h"
#include "lienzo/engine/pipeline_engine.h"

namespace lienzo::engine {
namespace {

namespace fs = std::filesystem;
using service::DrawRequest;
using service::Task;

class Upscalers : public testing::Test {
 protected:
  Upscalers() {
    for (const char* name : {"esrgan_x4.pth", "srvgg_x2.pth"})
      fs::copy_file(fs::path(LIENZO_TEST_DATA "/golden/upscalers") / name, folder_.path() / name);
  }
  DrawRequest request(const std::string& model, Task task = Task::kUpscale) {
    DrawRequest request;
    request.task = task;
    request.model = model;
    if (task == Task::kUpscale) request.picture = "small";
    engine_.complete(request);
    return request;
  }
  weights::TemporaryFolder folder_;
  PipelineEngine engine_{{.embedded = LIENZO_SOURCE_DIR "/models/mini",
                          .models = folder_.path().string(),
                          .dtype = "fp32"}};
};

TEST_F(Upscalers, AreModelsThatOnlyEnlarge) {
  const std::vector<service::ModelFacts> models = engine_.models();
  ASSERT_EQ(models.size(), 3U);
  EXPECT_EQ(models[0].id, "mini");
  EXPECT_EQ(models[1].id, "esrgan_x4");
  EXPECT_EQ(models[1].family, "ESRGAN");
  EXPECT_EQ(models[1].enlarges, 4);
  EXPECT_EQ(models[1].tasks, std::vector{Task::kUpscale});
  EXPECT_EQ(request("").model, "mini");
  try {
    request("srvgg_x2", Task::kImagine);
    FAIL();
  } catch (const FieldError& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kUnsupported);
    EXPECT_EQ(error.field(), "task");
  }
}

TEST_F(Upscalers, EnlargeAPictureAndSaySo) {
  DrawRequest first{.prompt = "a red cube", .width = 64, .height = 64, .seed = 1, .steps = 2};
  engine_.complete(first);
  const auto drawn = engine_.draw(first, [](const std::string&) { return std::string(); }, {});
  DrawRequest larger = request("srvgg_x2");
  larger.scale = 3;
  int told = 0;
  const auto made = engine_.draw(larger,
                                 [&](const std::string& digest) {
                                   EXPECT_EQ(digest, "small");
                                   return drawn.at(0).bytes;
                                 },
                                 {[&](const jobs::JobProgress&) { ++told; }, {}, {}});
  ASSERT_EQ(made.size(), 1U);
  EXPECT_EQ(made[0].width, 192);
  EXPECT_GT(told, 1);
  EXPECT_EQ(made[0].record["prompt"], "a red cube");
  const Json enlarged = made[0].record["extra"]["enlarged"];
  EXPECT_EQ(enlarged, Json({{"scale", 3.0}, {"model", "srvgg_x2"}, {"from", "small"}}))
      << made[0].record.dump();
}

}  // namespace
}  // namespace lienzo::engine
