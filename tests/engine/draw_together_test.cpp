#include <gtest/gtest.h>

#include <atomic>
#include <vector>

#include "lienzo/base/error.h"
#include "lienzo/engine/pipeline_engine.h"

namespace lienzo::engine {
namespace {

using service::DrawRequest;
using service::EngineJob;
using service::MadePicture;

std::string no_blobs(const std::string&) { throw Error(ErrorKind::kNotFound, "[test] no blobs"); }

class DrawTogether : public testing::Test {
 protected:
  DrawRequest request(const std::string& prompt, uint64_t seed) {
    DrawRequest request{.prompt = prompt, .width = 256, .height = 256, .seed = seed, .steps = 3};
    engine_.complete(request);
    return request;
  }
  PipelineEngine engine_{
      {.embedded = LIENZO_SOURCE_DIR "/models/mini", .models = "", .threads = 3}};
};

TEST_F(DrawTogether, EveryPictureIsWhatItIsAlone) {
  const std::vector<EngineJob> jobs = {{request("un cubo rojo encima de un cubo azul", 1), {}},
                                       {request("a green sphere left of a yellow cone", 2), {}},
                                       {request("a sign that says HOLA", 3), {}}};
  EXPECT_EQ(engine_.best_together(jobs[0].request), jobs.size());
  for (int round = 0; round < 2; ++round) {
    const auto together = engine_.draw_together(jobs, no_blobs);
    ASSERT_EQ(together.size(), jobs.size());
    for (size_t k = 0; k < jobs.size(); ++k) {
      const std::vector<MadePicture> alone = engine_.draw(jobs[k].request, no_blobs, {});
      ASSERT_EQ(together[k].size(), 1U);
      EXPECT_EQ(together[k][0].seed, jobs[k].request.seed);
      EXPECT_TRUE(together[k][0].bytes == alone[0].bytes) << "job " << k;
    }
  }
}

TEST_F(DrawTogether, WhoIsCancelledLeavesTheOthers) {
  std::atomic<bool> cancelled = false;
  std::atomic<int> steps = 0;
  const std::vector<EngineJob> jobs = {
      {request("a cube", 1), {[&](const auto&) { ++steps; }, {}, {}}},
      {request("a cone", 2),
       {[&](const auto&) { cancelled = true; }, {}, [&] { return cancelled.load(); }}}};
  const auto made = engine_.draw_together(jobs, no_blobs);
  EXPECT_EQ(made[0].size(), 1U);
  EXPECT_TRUE(made[1].empty());
  EXPECT_GE(steps, 3);
}

TEST_F(DrawTogether, OneFailureIsThatOfAll) {
  const std::vector<EngineJob> jobs = {{request("a cube", 1), {}},
                                       {request(std::string(3900, 'x'), 2), {}}};
  try {
    engine_.draw_together(jobs, no_blobs);
    ADD_FAILURE() << "nothing was thrown";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kInvalidInput) << error.what();
  }
}

TEST_F(DrawTogether, VariationsAreDrawnAlone) {
  DrawRequest vary = request("a cube", 1);
  vary.task = service::Task::kVary;
  EXPECT_EQ(engine_.best_together(vary), 1U);
}

}  // namespace
}  // namespace lienzo::engine
