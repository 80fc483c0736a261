#include "lienzo/cli/drawing_request.h"

#include <fmt/format.h>

#include <charconv>
#include <cmath>

#include "lienzo/base/config_reader.h"
#include "lienzo/base/error.h"
#include "lienzo/diffusion/sampler_names.h"

namespace lienzo::cli {
namespace {

using pipelines::StableDiffusionRequest;

// "LOW:HIGH"; either may be left out.
diffusion::GuidanceInterval parse_interval(const std::string& text) {
  diffusion::GuidanceInterval interval;
  const size_t colon = text.find(':');
  const auto read = [&](std::string_view part, double& value) {
    if (part.empty()) return true;
    const auto [end, problem] = std::from_chars(part.data(), part.data() + part.size(), value);
    return problem == std::errc() && end == part.data() + part.size();
  };
  const std::string_view whole = text;
  if (colon == std::string::npos || !read(whole.substr(0, colon), interval.sigma_low) ||
      !read(whole.substr(colon + 1), interval.sigma_high) || !(interval.sigma_low >= 0) ||
      !(interval.sigma_high > interval.sigma_low)) {
    throw Error(ErrorKind::kInvalidInput,
                fmt::format("[--guidance-interval] '{}', expected LOW:HIGH with 0 <= LOW < HIGH, "
                            "such as 0.3:5",
                            text));
  }
  return interval;
}

void set_sampler(const std::string& name, StableDiffusionRequest& request) {
  const auto choice = diffusion::sampler_from_name(name);
  request.sampling.sampler = choice.sampler;
  if (!choice.schedule.empty()) request.sampling.schedule = choice.schedule;
}

// A number that another program wrote as text, or ours.
std::optional<double> number(const Json& extra, const char* key) {
  const Json value = extra.value(key, Json());
  if (value.is_number()) return value.get<double>();
  if (!value.is_string()) return std::nullopt;
  const std::string text = value;
  double result = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), result);
  if (problem != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return result;
}

// The same where only a whole one makes sense; one with a fraction, or beyond all sense, is none.
std::optional<int> whole(const Json& extra, const char* key) {
  const std::optional<double> value = number(extra, key);
  if (!value || *value != std::trunc(*value) || std::abs(*value) > 1e6) return std::nullopt;
  return static_cast<int>(*value);
}

void apply_second_pass(const Json& json, StableDiffusionRequest& request) {
  if (!json.is_object()) return;
  ConfigReader reader(json, "[--like] second_pass");
  pipelines::SecondPass second;
  reader.optional("scale", second.scale);
  reader.optional("strength", second.strength);
  reader.optional("steps", second.steps);
  reader.finish();
  request.second_pass = second;
}

void apply_record(const provenance::Record& record, StableDiffusionRequest& request) {
  request.prompt = record.prompt;
  request.negative_prompt = record.negative_prompt;
  request.seed = record.seed;
  if (record.steps > 0) request.sampling.steps = record.steps;
  request.guidance = record.guidance;
  request.width = record.width;
  request.height = record.height;
  if (!record.sampler.empty()) set_sampler(record.sampler, request);

  const Json& extra = record.extra;
  const auto text = [&](const char* ours, const char* theirs) {
    const Json own = extra.value(ours, Json()), other = extra.value(theirs, Json());
    return own.is_string() ? own.get<std::string>()
                           : (other.is_string() ? other.get<std::string>() : std::string());
  };
  const std::string schedule = text("schedule", "Schedule type");
  if (!schedule.empty() && schedule != "custom")
    request.sampling.schedule = diffusion::schedule_from_name(schedule);
  if (text("syntax", "") == "plain") request.syntax = text::PromptSyntax::kPlain;
  const std::string noise = text("noise", "RNG");
  if (noise == "gpu" || noise == "GPU" || noise == "NV") request.noise = tensor::NoiseKind::kPhilox;
  if (const auto skip = whole(extra, "clip_skip")) request.clip_skip = *skip;
  if (const auto skip = whole(extra, "Clip skip")) request.clip_skip = *skip - 1;
  if (const auto rescale = number(extra, "guidance_rescale")) request.guidance_rescale = *rescale;
  if (const auto eta = number(extra, "eta")) request.sampling.eta = *eta;
  if (const auto strength = number(extra, "Denoising strength"))
    request.sampling.strength = *strength;
  if (const auto rescale = number(extra, "CFG Rescale")) request.guidance_rescale = *rescale;
  if (const auto strength = number(extra, "strength")) request.sampling.strength = *strength;
  const Json interval = extra.value("guidance_interval", Json());
  if (interval.is_string()) request.guidance_interval = parse_interval(interval);
  const Json sigmas = extra.value("sigmas", Json());
  if (sigmas.is_array()) {
    ConfigReader reader(Json{{"sigmas", sigmas}}, "[--like]");
    reader.required("sigmas", request.sampling.sigmas);
  }
  apply_second_pass(extra.value("second_pass", Json()), request);
  // The record says the size of the result; a second pass began smaller.
  if (request.second_pass) {
    const Json first = extra.value("first_size", Json());
    if (first.is_string()) {
      const PictureSize size = parse_size(first.get<std::string>());
      request.width = size.width;
      request.height = size.height;
    }
  }
}

void apply_typed(const ImagineOptions& options, StableDiffusionRequest& request) {
  const DrawOptions& draw = options.draw;
  if (!options.prompt.empty()) request.prompt = options.prompt;
  if (options.negative) request.negative_prompt = *options.negative;
  if (options.seed) request.seed = *options.seed;
  if (options.steps) request.sampling.steps = *options.steps;
  if (options.guidance) request.guidance = *options.guidance;
  if (!options.sampler.empty()) {
    request.sampling.schedule.clear();
    set_sampler(options.sampler, request);
  }
  if (!options.size.empty()) {
    const PictureSize size = parse_size(options.size);
    request.width = size.width;
    request.height = size.height;
  }
  if (!draw.schedule.empty())
    request.sampling.schedule = diffusion::schedule_from_name(draw.schedule);
  if (!draw.sigmas.empty()) request.sampling.sigmas = draw.sigmas;
  if (draw.eta) request.sampling.eta = *draw.eta;
  if (draw.guidance_rescale) request.guidance_rescale = *draw.guidance_rescale;
  if (!draw.guidance_interval.empty())
    request.guidance_interval = parse_interval(draw.guidance_interval);
  if (!draw.noise.empty()) request.noise = tensor::noise_kind_from_name(draw.noise);
  if (!draw.syntax.empty()) request.syntax = text::prompt_syntax(draw.syntax);
  if (draw.clip_skip) request.clip_skip = *draw.clip_skip - 1;
  if (draw.batch) request.batch = *draw.batch;
  if (draw.preview_every) request.preview_every = *draw.preview_every;
  if (draw.strength) request.sampling.strength = *draw.strength;
  if (draw.hires) {
    if (!request.second_pass) request.second_pass.emplace();
    request.second_pass->scale = *draw.hires;
  }
  if (draw.hires_strength || draw.hires_steps) {
    if (!request.second_pass) {
      throw Error(ErrorKind::kInvalidInput,
                  "[--hires] is missing; say how many times larger the second pass is, such as "
                  "--hires 2");
    }
    if (draw.hires_strength) request.second_pass->strength = *draw.hires_strength;
    if (draw.hires_steps) request.second_pass->steps = *draw.hires_steps;
  }
}

}  // namespace

StableDiffusionRequest plan_drawing(const ImagineOptions& options,
                                    const std::optional<provenance::Record>& record,
                                    uint64_t new_seed) {
  StableDiffusionRequest request;
  request.seed = new_seed;
  request.sampling.steps = 0;
  if (record) apply_record(*record, request);
  apply_typed(options, request);
  request.count = options.count.value_or(1);
  return request;
}

pipelines::InpaintOptions plan_inpainting(const DrawOptions& draw,
                                          const std::optional<provenance::Record>& record) {
  pipelines::InpaintOptions inpaint;
  const Json before = record ? record->extra.value("inpaint", Json()) : Json();
  if (before.is_object()) {
    ConfigReader reader(before, "[--like] inpaint");
    reader.optional("blur", inpaint.blur);
    reader.optional("padding", inpaint.padding);
    reader.optional("only_masked", inpaint.only_masked);
    reader.finish();
  }
  if (draw.mask_blur) inpaint.blur = *draw.mask_blur;
  if (draw.padding) inpaint.padding = *draw.padding;
  if (draw.only_masked) inpaint.only_masked = true;
  inpaint.keep_original = !draw.through_autoencoder;
  return inpaint;
}

pipelines::StableDiffusionOptions plan_loading(const ImagineOptions& options,
                                               const std::optional<provenance::Record>& record) {
  const DrawOptions& draw = options.draw;
  pipelines::StableDiffusionOptions load;
  load.variant = draw.variant;
  load.vae = draw.vae;
  load.tokenizer = draw.tokenizer;
  load.tiny_autoencoder = draw.tiny_autoencoder;
  load.prediction = draw.prediction;
  load.dtype = draw.dtype;
  if (load.dtype.empty() && record) {
    const Json dtype = record->extra.value("dtype", Json());
    if (dtype.is_string()) load.dtype = dtype;
  }
  if (!draw.device.empty()) load.device = draw.device;
  if (!draw.tiles.empty()) load.tiles = draw.tiles;
  return load;
}

}  // namespace lienzo::cli
