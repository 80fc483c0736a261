#include "lienzo/service/sleep_engine.h"

#include <algorithm>
#include <thread>

#include "lienzo/base/field_error.h"
#include "lienzo/image/io.h"
#include "lienzo/provenance/record.h"

namespace lienzo::service {
namespace {
constexpr int kSteps = 10;
}

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
                                           const BlobReader&,
                                           const EngineHooks& hooks) {
  using Clock = std::chrono::steady_clock;
  std::vector<MadePicture> made;
  const Clock::time_point begin = Clock::now();
  for (int k = 0; k < request.count; ++k) {
    for (int step = 0; step < kSteps; ++step) {
      // By the clock, so that what is done in between does not add up.
      std::this_thread::sleep_until(begin + each_ * k + each_ * (step + 1) / kSteps);
      if (hooks.cancelled && hooks.cancelled())
        throw Error(ErrorKind::kCancelled, "[sleep] stopped");
      if (!hooks.progress) continue;
      const double fraction = (k + (step + 1.0) / kSteps) / request.count;
      hooks.progress({.stage = "draw",
                      .step = step + 1,
                      .steps = kSteps,
                      .picture = k,
                      .pictures = request.count,
                      .fraction = fraction,
                      .seconds_left = static_cast<double>(each_.count()) / 1000 * request.count *
                                      (1 - fraction)});
    }
    image::Image picture(request.width, request.height, 3);
    const uint64_t seed = *request.seed + static_cast<uint64_t>(k);
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
    made.push_back({.bytes = {reinterpret_cast<const char*>(bytes.data()), bytes.size()},
                    .format = request.output.format,
                    .width = picture.width,
                    .height = picture.height,
                    .seed = seed,
                    .record = provenance::to_json(record)});
  }
  return made;
}

}  // namespace lienzo::service
