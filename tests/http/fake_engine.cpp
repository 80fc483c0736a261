#include "fake_engine.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <span>
#include <thread>

#include "lienzo/base/field_error.h"
#include "lienzo/image/io.h"
#include "lienzo/provenance/record.h"

namespace lienzo::http {
namespace {

using service::Task;

constexpr uint64_t kChosenSeed = 4711;

[[noreturn]] void refuse(ErrorKind kind, const std::string& field, const std::string& problem) {
  throw FieldError(kind, fmt::format("[engine] '{}' {}", field, problem), field);
}

}  // namespace

std::string encoded(const image::Image& image, const char* format) {
  const auto bytes = image::encode_image(image, format);
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

image::Image decoded(const std::string& bytes, bool keep_alpha) {
  return image::decode_image(std::as_bytes(std::span(bytes)), {.keep_alpha = keep_alpha});
}

std::string flat_picture(int width, int height, uint8_t value, int channels, const char* format) {
  image::Image picture(width, height, channels);
  std::fill(picture.pixels.begin(), picture.pixels.end(), value);
  return encoded(picture, format);
}

std::vector<service::ModelFacts> FakeEngine::models() {
  service::ModelFacts mini;
  mini.id = "mini";
  mini.name = "Lienzo mini";
  mini.family = "Lienzo";
  mini.file = "mini";
  mini.tasks = {Task::kImagine};
  mini.samplers = {"euler", "heun", "dpmpp_2m"};
  mini.width = mini.height = 128;
  mini.square_only = true;
  mini.steps = 4;
  mini.guidance = 1.5;
  service::ModelFacts sd;
  sd.id = "sd";
  sd.name = "Stable Diffusion 1.5";
  sd.family = "Stable Diffusion 1.x";
  sd.file = "v1-5.safetensors";
  sd.hash = "6ce0161689b3853acaa03779ec93eafe75a02f4ced11b9dff0a3e3d9a8a3b1c2";
  sd.tasks = {Task::kImagine, Task::kEdit, Task::kInpaint, Task::kVary};
  sd.samplers = {"euler", "euler_ancestral", "dpmpp_2m", "ddim", "lms"};
  sd.schedules = {"karras", "exponential", "normal", "align_your_steps_sd1"};
  service::ModelFacts large;
  large.id = "large";
  large.name = "Larger";
  large.file = "large.safetensors";
  large.tasks = {Task::kUpscale};
  return {mini, sd, large};
}

std::vector<service::LoraFacts> FakeEngine::loras() {
  return {{.name = "style",
           .file = "loras/style.safetensors",
           .family = "Stable Diffusion 1.x",
           .bytes = 12,
           .metadata = {{"ss_network_dim", "8"}}}};
}

void FakeEngine::complete(service::DrawRequest& request) {
  const std::vector<service::ModelFacts> known = models();
  if (request.model.empty()) request.model = known.front().id;
  const auto model = std::find_if(
      known.begin(), known.end(), [&](const auto& one) { return one.id == request.model; });
  if (model == known.end()) refuse(ErrorKind::kNotFound, "model", "is not known");
  if (std::find(model->tasks.begin(), model->tasks.end(), request.task) == model->tasks.end())
    refuse(ErrorKind::kUnsupported, "task", "is nothing for this model");
  if (request.steps == 0) request.steps = model->steps;
  if (request.steps > model->most_steps) refuse(ErrorKind::kInvalidInput, "steps", "are too many");
  if (!request.guidance) request.guidance = model->guidance;
  if (!request.seed) request.seed = kChosenSeed;
  if (request.sampler.empty()) request.sampler = "euler";
  if (std::find(model->samplers.begin(), model->samplers.end(), request.sampler) ==
          model->samplers.end() &&
      !model->samplers.empty()) {
    refuse(ErrorKind::kInvalidInput, "sampler", "is not known");
  }
  if (request.width == 0 && request.picture.empty()) request.width = model->width;
  if (request.height == 0 && request.picture.empty()) request.height = model->height;
  if (model->square_only && request.width != request.height)
    refuse(ErrorKind::kUnsupported, "width", "differs from the height");
}

void FakeEngine::fail_with(std::optional<Error> error) {
  const std::scoped_lock lock(mutex_);
  error_ = std::move(error);
}

service::DrawRequest FakeEngine::last() const {
  const std::scoped_lock lock(mutex_);
  return last_;
}

image::Image FakeEngine::last_picture() const {
  const std::scoped_lock lock(mutex_);
  return last_picture_;
}

image::Image FakeEngine::last_mask() const {
  const std::scoped_lock lock(mutex_);
  return last_mask_;
}

service::MadePicture FakeEngine::make(const service::DrawRequest& request, int index) const {
  service::MadePicture made;
  made.seed = *request.seed + static_cast<uint64_t>(index);
  made.format = request.output.format;
  made.width = request.width > 0 ? request.width : last_picture_.width;
  made.height = request.height > 0 ? request.height : last_picture_.height;
  if (request.task == Task::kUpscale) {
    made.width = static_cast<int>(last_picture_.width * request.scale);
    made.height = static_cast<int>(last_picture_.height * request.scale);
  }
  image::Image picture(made.width, made.height, 3);
  for (size_t i = 0; i < picture.pixels.size(); i += 3)
    picture.pixels[i] = static_cast<uint8_t>(made.seed & 255);
  provenance::Record record;
  record.prompt = request.prompt;
  record.negative_prompt = request.negative_prompt;
  record.seed = made.seed;
  record.steps = request.steps;
  record.sampler = request.sampler;
  record.guidance = request.guidance.value_or(1);
  record.width = made.width;
  record.height = made.height;
  record.model = request.model;
  const auto bytes = image::encode_image(
      picture,
      made.format,
      provenance::with_record(record, {.quality = request.output.quality, .text = {}}));
  made.bytes.assign(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  made.record = provenance::to_json(record);
  return made;
}

std::vector<service::MadePicture> FakeEngine::draw(const service::DrawRequest& request,
                                                   const service::BlobReader& blobs,
                                                   const service::EngineHooks& hooks) {
  {
    const std::scoped_lock lock(mutex_);
    last_ = request;
    last_picture_ = request.picture.empty() ? image::Image() : decoded(blobs(request.picture));
    last_mask_ = request.mask.empty() ? image::Image() : decoded(blobs(request.mask));
    if (error_) throw *error_;
  }
  std::vector<service::MadePicture> pictures;
  for (int k = 0; k < request.count; ++k) {
    for (int step = 1; step <= request.steps; ++step) {
      jobs::JobProgress progress{.stage = "draw",
                                 .step = step,
                                 .steps = request.steps,
                                 .picture = k,
                                 .pictures = request.count};
      progress.fraction = (k + static_cast<double>(step) / (request.steps + 1)) / request.count;
      progress.seconds_left = 1.5;
      hooks.progress(progress);
      if (request.previews && step == request.steps)
        hooks.preview(k, step, flat_picture(16, 16, 200, 3, "webp"));
      while (held_ && step == request.steps && !hooks.cancelled()) {
        waiting_ = true;
        if (!progress_told_) {
          progress.fraction += 0.001;
          hooks.progress(progress);
          progress_told_ = true;
        }
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
      }
      waiting_ = false;
      if (hooks.cancelled()) throw Error(ErrorKind::kCancelled, "[engine] stopped");
    }
    const std::scoped_lock lock(mutex_);
    pictures.push_back(make(request, k));
  }
  return pictures;
}

}  // namespace lienzo::http
