#include "lienzo/engine/pipeline_engine.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <random>
#include <thread>

#include "lienzo/base/field_error.h"
#include "lienzo/diffusion/sampler_names.h"
#include "lienzo/engine/draw.h"
#include "lienzo/engine/model_catalogue.h"
#include "lienzo/engine/model_pool.h"
#include "lienzo/engine/request_loras.h"
#include "lienzo/tensor/threads.h"

namespace lienzo::engine {
namespace {

using service::DrawRequest;
using service::ModelFacts;
using service::Task;

// One worker with the embedded model on two processors (AVX2) draws 2.9 jobs a second side by side
// and 1.8 alone (docs/server.md). In one pass through the networks, on one thread, 8 take 0.9 of
// the time of 8 alone, and their last bits differ. So there are as many at a time as threads; more
// than 8 were not measured.
constexpr size_t kMostTogether = 8;

[[noreturn]] void cannot(const std::string& field, const std::string& problem) {
  throw FieldError(ErrorKind::kUnsupported, "[model] " + problem, field);
}

void check_task(const DrawRequest& request, const Entry& entry) {
  const auto& tasks = entry.facts.tasks;
  if (std::find(tasks.begin(), tasks.end(), request.task) != tasks.end()) return;
  cannot("task",
         entry.upscales
             ? fmt::format("{} makes pictures larger and cannot do '{}'; name another model",
                           entry.facts.id,
                           name(request.task))
         : entry.own ? fmt::format("{} draws from words only and cannot do '{}'; bring a Stable "
                                   "Diffusion model with `lienzo model pull`",
                                   entry.facts.id,
                                   name(request.task))
                     : fmt::format("{} cannot do '{}'", entry.facts.id, name(request.task)));
}

void check_size(DrawRequest& request, const Entry& entry) {
  const ModelFacts& facts = entry.facts;
  // Other tasks take their size from their picture.
  const bool from_picture = !entry.own && request.task != Task::kImagine;
  if (request.task == Task::kUpscale) return;
  if (from_picture && request.width == 0 && request.height == 0) return;
  if (facts.square_only && (request.width == 0) != (request.height == 0))
    request.width = request.height = std::max(request.width, request.height);
  if (request.width == 0) request.width = facts.width;
  if (request.height == 0) request.height = facts.height;
  if (facts.square_only && request.width != request.height) {
    cannot(
        "width",
        fmt::format("{} draws squares only, got {}x{}", facts.id, request.width, request.height));
  }
  for (const auto& [field, side] :
       {std::pair{"width", request.width}, {"height", request.height}}) {
    if (side < facts.smallest || side > facts.largest) {
      cannot(field,
             fmt::format("{} draws {} to {} pixels a side, got {}",
                         facts.id,
                         facts.smallest,
                         facts.largest,
                         side));
    }
  }
}

void check_settings(const DrawRequest& request, const Entry& entry) {
  if (request.steps > entry.facts.most_steps)
    cannot("steps",
           fmt::format("{} takes at most {} steps", entry.facts.id, entry.facts.most_steps));
  try {
    if (!request.sampler.empty()) {
      const std::string sampler = diffusion::sampler_from_name(request.sampler).sampler;
      const auto& known = entry.facts.samplers;
      if (std::find(known.begin(), known.end(), sampler) == known.end()) {
        cannot("sampler",
               fmt::format("{} cannot be sampled by {}, only by {}",
                           entry.facts.id,
                           sampler,
                           fmt::join(known, ", ")));
      }
    }
  } catch (const FieldError&) {
    throw;
  } catch (const Error& error) {
    throw FieldError(error.kind(), error.what(), "sampler");
  }
  try {
    if (!request.schedule.empty()) diffusion::schedule_from_name(request.schedule);
  } catch (const Error& error) {
    throw FieldError(error.kind(), error.what(), "schedule");
  }
  if (!entry.own) return;
  const auto refuse = [&](bool given, const char* field) {
    if (given) cannot(field, fmt::format("{} has no '{}'", entry.facts.id, field));
  };
  refuse(!request.schedule.empty() && request.schedule != "default", "schedule");
  refuse(request.clip_skip > 1, "clip_skip");
  refuse(request.eta.has_value(), "eta");
  refuse(request.hires.has_value(), "hires");
  refuse(request.noise == "gpu", "noise");
  refuse(request.strength.has_value(), "strength");
  if (entry.has_scenes && !request.negative_prompt.empty() && request.guidance.value_or(1) <= 1) {
    throw FieldError(ErrorKind::kInvalidInput,
                     "[request] 'negative_prompt' needs a guidance above 1, such as 3",
                     "negative_prompt");
  }
}

// Of the calling thread.
void set_threads(const Entry& entry, int count) {
  entry.own ? tensor::set_reproducible_threads(count) : tensor::set_threads(count);
}

}  // namespace

struct PipelineEngine::Parts {
  explicit Parts(EngineOptions given)
      : options(std::move(given)),
        catalogue(options.embedded, options.models),
        loras(options.models),
        pool(options) {}
  const EngineOptions options;
  ModelCatalogue catalogue;
  LoraCatalogue loras;
  ModelPool pool;
};

PipelineEngine::PipelineEngine(EngineOptions options)
    : parts_(std::make_unique<Parts>(std::move(options))) {}
PipelineEngine::~PipelineEngine() = default;

std::vector<ModelFacts> PipelineEngine::models() {
  std::vector<ModelFacts> all;
  for (Entry& entry : parts_->catalogue.entries()) {
    entry.facts.loaded = parts_->pool.holds(entry.facts.id);
    all.push_back(std::move(entry.facts));
  }
  return all;
}

std::vector<service::LoraFacts> PipelineEngine::loras() { return lora_facts(parts_->loras); }

void PipelineEngine::complete(DrawRequest& request) {
  const Entry entry = parts_->catalogue.find(request.model);
  request.model = entry.facts.id;
  check_task(request, entry);
  check_settings(request, entry);
  check_size(request, entry);
  if (entry.upscales) {
    if (!request.loras.empty()) cannot("loras", fmt::format("{} takes no LoRA", entry.facts.id));
  } else {
    choose_loras(request, entry, parts_->loras);
  }
  if (!request.seed) request.seed = std::random_device{}();  // 32 bits: short enough to type
}

std::vector<service::MadePicture> PipelineEngine::draw(const DrawRequest& request,
                                                       const service::BlobReader& blobs,
                                                       const service::EngineHooks& hooks) {
  const Entry entry = parts_->catalogue.find(request.model);
  set_threads(entry, parts_->options.threads);
  const auto loading = [&] {
    if (hooks.progress) hooks.progress({.stage = "load", .pictures = request.count});
  };
  if (entry.upscales) {
    const auto model = parts_->pool.get(entry, {}, loading);
    return enlarge(request, blobs, &std::get<pipelines::PictureUpscaler>(*model), hooks);
  }
  const bool redraws =
      request.task == Task::kUpscale && request.strength.value_or(0) > 0 && !entry.own;
  if (request.task == Task::kUpscale && !redraws)
    return enlarge(request, blobs, /*upscaler=*/nullptr, hooks);
  const DrawRequest full = entry.own ? request : with_recorded_words(request, blobs);
  const auto model = parts_->pool.get(entry, choose_loras(full, entry, parts_->loras), loading);
  if (hooks.cancelled && hooks.cancelled()) throw Error(ErrorKind::kCancelled, "[draw] stopped");
  if (auto* own = std::get_if<pipelines::AnyModel>(model.get()))
    return draw_lienzo(*own, request, blobs, hooks);
  return draw_stable_diffusion(std::get<pipelines::StableDiffusion>(*model),
                               full,
                               blobs,
                               hooks,
                               parts_->options.preview_every);
}

size_t PipelineEngine::best_together(const DrawRequest& request) {
  const Entry entry = parts_->catalogue.find(request.model);
  if (!entry.has_scenes || request.task != Task::kImagine) return 1;
  const size_t threads = parts_->options.threads > 0
                             ? static_cast<size_t>(parts_->options.threads)
                             : std::max(1U, std::thread::hardware_concurrency());
  return std::min(threads, kMostTogether);
}

std::vector<std::vector<service::MadePicture>> PipelineEngine::draw_together(
    std::span<const service::EngineJob> jobs, const service::BlobReader& blobs) {
  const Entry entry = parts_->catalogue.find(jobs.front().request.model);
  set_threads(entry, parts_->options.threads);
  const auto model = parts_->pool.get(entry, {}, [&] {
    for (const service::EngineJob& job : jobs) {
      if (job.hooks.progress) job.hooks.progress({.stage = "load", .pictures = job.request.count});
    }
  });
  if (auto* own = std::get_if<pipelines::AnyModel>(model.get()); own && own->has_scenes())
    return draw_lienzo_together(*own, jobs, blobs);
  return Engine::draw_together(jobs, blobs);
}

}  // namespace lienzo::engine
