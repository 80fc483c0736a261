#include "lienzo/cli/imagine_request.h"

#include <fmt/format.h>

#include <algorithm>

#include "lienzo/base/error.h"
#include "lienzo/diffusion/sampler_names.h"

namespace lienzo::cli {
namespace {

namespace world = datasets::world;

bool has_given_scene(const provenance::Record& record) {
  const auto given = record.extra.find(kSceneGiven);
  return record.scene && given != record.extra.end() && given->is_boolean() && given->get<bool>();
}

// Takes over the settings of --like.
void apply_record(const provenance::Record& record,
                  const std::string& file,
                  const ModelFacts& model,
                  PlannedRequest& plan) {
  pipelines::ImagineRequest& request = plan.request;
  request.prompt = record.prompt;
  request.negative_prompt = record.negative_prompt;
  request.seed = record.seed;
  if (record.model != model.name) {
    plan.warning = fmt::format(
        "{} was drawn by another model ({}); this one takes its {} and draws something else",
        file,
        record.model.empty() ? "unnamed" : record.model,
        model.has_scenes && has_given_scene(record) ? "words, seed and scene" : "words and seed");
    return;
  }
  // Other programs write records too, and leave out what they do not know.
  if (record.steps > 0) request.steps = record.steps;
  if (record.width > 0) request.width = record.width;
  if (record.height > 0) request.height = record.height;
  request.sampler = record.sampler;
  request.guidance = record.guidance;
  plan.repeats = !record.model_hash.empty() && model.hash.starts_with(record.model_hash);
  if (!plan.repeats) {
    plan.warning = fmt::format(
        "{} was drawn by other weights of {} ({:.10}, here {:.10}); the picture will "
        "differ",
        file,
        model.name,
        record.model_hash,
        model.hash);
  }
}

std::string sampler_named(const std::string& name) {
  const diffusion::SamplerChoice choice = diffusion::sampler_from_name(name);
  if (!choice.schedule.empty() && choice.schedule != "default") {
    throw Error(ErrorKind::kUnsupported,
                fmt::format("[--sampler] '{}' names a schedule, and this model has its own; try {}",
                            name,
                            choice.sampler));
  }
  return choice.sampler;
}

void choose_scene(const ImagineInput& input, const ModelFacts& model, PlannedRequest& plan) {
  if (input.scene) {
    plan.request.scene = input.scene;
    plan.scene_given = true;
    return;
  }
  if (!input.record || !input.record->scene || !input.prompt.empty() || !model.has_scenes) return;
  const provenance::Record& record = *input.record;
  const bool given = has_given_scene(record);
  const bool planned_alike = record.model == model.name && !input.seed && !input.negative &&
                             !input.guidance && input.count == 1;
  if (!given && !planned_alike) return;
  plan.request.scene = world::scene_from_json(*record.scene, input.like + ": scene");
  plan.scene_given = given;
}

}  // namespace

std::optional<int> recorded_sheet(const provenance::Record& record) {
  const Json sheet = record.extra.value("grid", Json());
  if (!sheet.is_object()) return std::nullopt;
  const Json count = sheet.value("count", Json());
  if (!count.is_number_integer()) return 1;
  return static_cast<int>(std::clamp<int64_t>(count.get<int64_t>(), 1, 10000));
}

PlannedRequest plan_request(const ImagineInput& input, const ModelFacts& model) {
  PlannedRequest plan;
  pipelines::ImagineRequest& request = plan.request;
  request.seed = input.new_seed;
  request.guidance = model.own_guidance;
  if (model.own_size > 0) request.width = request.height = model.own_size;
  if (input.record) apply_record(*input.record, input.like, model, plan);
  choose_scene(input, model, plan);
  if (!input.prompt.empty()) request.prompt = input.prompt;
  if (input.negative) request.negative_prompt = *input.negative;
  if (input.guidance) request.guidance = *input.guidance;
  if (!request.negative_prompt.empty() && request.guidance == 1 && !input.guidance)
    request.guidance = 2;
  if (input.seed) request.seed = *input.seed;
  if (input.steps) request.steps = *input.steps;
  if (!input.sampler.empty()) request.sampler = sampler_named(input.sampler);
  if (input.size) {
    request.width = input.size->width;
    request.height = input.size->height;
  }
  request.count = input.count;
  plan.repeats = plan.repeats && input.prompt.empty() && !input.seed && !input.negative &&
                 !input.guidance && !input.steps && input.sampler.empty() && !input.size &&
                 !input.scene;
  return plan;
}

}  // namespace lienzo::cli
