#include "lienzo/service/sleep_engine.h"

#include <algorithm>
#include <thread>

#include "lienzo/base/field_error.h"
#include "lienzo/image/io.h"
#include "lienzo/provenance/record.h"

namespace lienzo::service {
namespace {

constexpr int kSteps = 10;

MadePicture plain_picture(const DrawRequest& request, int index) {
  image::Image picture(request.width, request.height, 3);
  const uint64_t seed = *request.seed + static_cast<uint64_t>(index);
  for (size_t i = 0; i < picture.pixels.size(); ++i)
    picture.pixels[i] = static_cast<uint8_t>(seed >> (8 * (i % 3)));
  provenance::Record record;
  record.prompt = request.prompt;
  record.seed = seed;
  record.width = request.width;
  record.height = request.height;
  record.model = "sleep";
  const std::vector<std::byte> bytes =
      image::encode_image(picture,
                          request.output.format,
                          provenance::with_record(record, {.quality = request.output.quality}));
  return {.bytes = {reinterpret_cast<const char*>(bytes.data()), bytes.size()},
          .format = request.output.format,
          .width = picture.width,
          .height = picture.height,
          .seed = seed,
          .record = provenance::to_json(record)};
}

}  // namespace

std::vector<ModelFacts> SleepEngine::models() {
  ModelFacts facts{.id = "sleep", .name = "Sleep", .family = "Simulation"};
  facts.note = "Waits and gives plain pictures.";
  facts.tasks = {Task::kImagine, Task::kEdit, Task::kInpaint, Task::kVary, Task::kUpscale};
  facts.width = facts.height = 64;
  facts.steps = kSteps;
  facts.loaded = true;
  return {facts};
}

void SleepEngine::complete(DrawRequest& request) {
  if (!request.model.empty() && request.model != "sleep")
    throw FieldError(ErrorKind::kNotFound, "[model] there is only 'sleep' here", "model");
  request.model = "sleep";
  if (request.width == 0) request.width = 64;
  if (request.height == 0) request.height = 64;
  if (!request.seed) request.seed = 0;
}

std::vector<MadePicture> SleepEngine::draw(const DrawRequest& request,
                                           const BlobReader& blobs,
                                           const EngineHooks& hooks) {
  const EngineJob job{request, hooks};
  std::vector<std::vector<MadePicture>> made = draw_together(std::span(&job, 1), blobs);
  if (made[0].empty()) throw Error(ErrorKind::kCancelled, "[sleep] stopped");
  return std::move(made[0]);
}

size_t SleepEngine::best_together(const DrawRequest&) { return together_; }

// All take the steps together; who is cancelled leaves, and the steps of the others get shorter.
std::vector<std::vector<MadePicture>> SleepEngine::draw_together(std::span<const EngineJob> jobs,
                                                                 const BlobReader&) {
  using Clock = std::chrono::steady_clock;
  std::vector<const EngineJob*> running;
  int pictures = 0;
  for (const EngineJob& job : jobs) {
    running.push_back(&job);
    pictures += job.request.count;
  }
  // By the clock, so that what is done in between does not add up.
  Clock::time_point now = Clock::now();
  for (int step = 1; step <= kSteps && !running.empty(); ++step) {
    now += (pass_ + each_ * pictures) / kSteps;
    std::this_thread::sleep_until(now);
    std::erase_if(running, [&](const EngineJob* job) {
      const bool leaves = job->hooks.cancelled && job->hooks.cancelled();
      if (leaves) pictures -= job->request.count;
      return leaves;
    });
    for (const EngineJob* job : running) {
      if (!job->hooks.progress) continue;
      const std::chrono::duration<double> left =
          (pass_ + each_ * pictures) * (kSteps - step) / kSteps;
      job->hooks.progress({.stage = "draw",
                           .step = step,
                           .steps = kSteps,
                           .pictures = job->request.count,
                           .fraction = static_cast<double>(step) / kSteps,
                           .seconds_left = left.count()});
    }
  }
  std::vector<std::vector<MadePicture>> made(jobs.size());
  for (const EngineJob* job : running) {
    auto& own = made[static_cast<size_t>(job - jobs.data())];
    for (int k = 0; k < job->request.count; ++k) own.push_back(plain_picture(job->request, k));
  }
  return made;
}

}  // namespace lienzo::service
