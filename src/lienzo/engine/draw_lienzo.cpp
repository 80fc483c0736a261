#include <algorithm>
#include <atomic>
#include <exception>
#include <mutex>
#include <span>
#include <thread>

#include "lienzo/base/error.h"
#include "lienzo/base/field_error.h"
#include "lienzo/diffusion/sampler_names.h"
#include "lienzo/engine/draw.h"
#include "lienzo/image/io.h"
#include "lienzo/image/thumbnail.h"
#include "lienzo/tensor/threads.h"

namespace lienzo::engine {

using service::DrawRequest;
using service::MadePicture;
using service::Task;

namespace {

// Whether the exception that is being handled says that somebody cancelled.
bool is_cancellation() {
  try {
    throw;
  } catch (const Error& error) {
    return error.kind() == ErrorKind::kCancelled;
  } catch (...) {
    return false;
  }
}

}  // namespace

image::Image decode(const std::string& bytes, bool keep_alpha) {
  return image::decode_image(std::as_bytes(std::span(bytes)), {.keep_alpha = keep_alpha});
}

std::optional<provenance::Record> record_of(const std::string& bytes) {
  try {
    return provenance::find_record(image::decode_image_text(std::as_bytes(std::span(bytes))),
                                   "the picture");
  } catch (const Error&) {  // one that nobody can read
    return std::nullopt;
  }
}

std::string preview_bytes(const image::Image& picture) {
  constexpr int kPreviewSide = 384, kQuality = 75;
  const std::vector<std::byte> bytes = image::thumbnail(picture, kPreviewSide, kQuality);
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

MadePicture encode(const image::Image& image,
                   const provenance::Record& record,
                   const service::OutputOptions& output) {
  const std::vector<std::byte> bytes = image::encode_image(
      image, output.format, provenance::with_record(record, {.quality = output.quality}));
  return {.bytes = {reinterpret_cast<const char*>(bytes.data()), bytes.size()},
          .format = output.format,
          .width = image.width,
          .height = image.height,
          .seed = record.seed,
          .record = provenance::to_json(record)};
}

ProgressSink progress_sink(const DrawRequest& request, const service::EngineHooks& hooks) {
  return [&request, &hooks](const Progress& progress) {
    if (!hooks.progress || progress.total <= 0) return;
    const int64_t each = std::max<int64_t>(1, progress.total / request.count);
    const int64_t picture = std::min<int64_t>(progress.done / each, request.count - 1);
    jobs::JobProgress job{
        .stage = progress.stage,
        .step = static_cast<int>(progress.done - picture * each),
        .steps = static_cast<int>(each),
        .picture = static_cast<int>(picture),
        .pictures = request.count,
        .fraction = static_cast<double>(progress.done) / static_cast<double>(progress.total)};
    if (progress.done > 0) {
      job.seconds_left = progress.seconds / static_cast<double>(progress.done) *
                         static_cast<double>(progress.total - progress.done);
    }
    hooks.progress(job);
  };
}

std::vector<MadePicture> draw_lienzo(pipelines::AnyModel& model,
                                     const DrawRequest& request,
                                     const service::BlobReader& blobs,
                                     const service::EngineHooks& hooks) {
  pipelines::ImagineRequest imagine;
  imagine.prompt = request.prompt;
  imagine.negative_prompt = request.negative_prompt;
  imagine.width = request.width;
  imagine.height = request.height;
  imagine.count = request.count;
  imagine.seed = request.seed.value_or(0);
  imagine.steps = request.steps;
  imagine.guidance = request.guidance.value_or(1);
  if (!request.sampler.empty())
    imagine.sampler = diffusion::sampler_from_name(request.sampler).sampler;
  if (request.task == Task::kVary) {
    const std::optional<provenance::Record> record = record_of(blobs(request.picture));
    if (!record || record->prompt.empty()) {
      throw FieldError(
          ErrorKind::kUnsupported,
          "[vary] the picture does not say what it was made from, and this model can only "
          "draw from words",
          "picture");
    }
    if (imagine.prompt.empty()) imagine.prompt = record->prompt;
    // A little different: the same things in the same places, by another hand.
    if (request.amount == "small" && model.has_scenes() && record->scene)
      imagine.scene =
          datasets::world::scene_from_json(*record->scene, "[vary] the picture's scene");
  }
  std::vector<MadePicture> made;
  pipelines::ImagineHooks callbacks{.progress = progress_sink(request, hooks),
                                    .cancelled = hooks.cancelled,
                                    .on_picture = [&](const pipelines::Picture& picture) {
                                      provenance::Record record = picture.record;
                                      if (request.task == Task::kVary)
                                        record.extra["varied_from"] = request.picture;
                                      made.push_back(encode(picture.image, record, request.output));
                                    }};
  if (request.previews && hooks.preview) {
    callbacks.on_preview = [&](int index, int step, const image::Image& picture) {
      hooks.preview(index, step, preview_bytes(picture));
    };
  }
  model.imagine(imagine, callbacks);
  return made;
}

std::vector<std::vector<MadePicture>> draw_lienzo_together(pipelines::AnyModel& model,
                                                           std::span<const service::EngineJob> jobs,
                                                           const service::BlobReader& blobs) {
  std::vector<std::vector<MadePicture>> made(jobs.size());
  std::mutex mutex;  // guards failure
  std::exception_ptr failure;
  std::atomic<bool> failed = false;
  const int threads_each = std::max(1, tensor::thread_count() / static_cast<int>(jobs.size()));
  const auto draw_one = [&](size_t k) {
    tensor::set_reproducible_threads(threads_each);
    service::EngineHooks hooks = jobs[k].hooks;
    hooks.cancelled = [&failed, asked = hooks.cancelled] { return failed || (asked && asked()); };
    try {
      made[k] = draw_lienzo(model, jobs[k].request, blobs, hooks);
    } catch (...) {
      if (is_cancellation()) return;
      failed = true;
      const std::scoped_lock lock(mutex);
      if (!failure) failure = std::current_exception();
    }
  };
  {
    std::vector<std::jthread> threads;
    for (size_t k = 0; k < jobs.size(); ++k) threads.emplace_back(draw_one, k);
  }
  if (failure) std::rethrow_exception(failure);
  return made;
}

}  // namespace lienzo::engine
