#include "lienzo/cli/recorded_drawing.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "lienzo/base/config_reader.h"
#include "lienzo/base/error.h"
#include "lienzo/cli/parse_number.h"
#include "lienzo/cli/size.h"
#include "lienzo/diffusion/sampler_names.h"

namespace lienzo::cli {
namespace {

using pipelines::StableDiffusionRequest;

bool is_ours(const provenance::Record& record) { return record.version.starts_with("lienzo "); }

// A number that another program wrote as text, or ours.
std::optional<double> number(const Json& extra, const char* key) {
  const Json value = extra.value(key, Json());
  if (value.is_number()) return value.get<double>();
  if (!value.is_string()) return std::nullopt;
  return parse_number<double>(value.get<std::string>());
}

// The same where only a whole one makes sense; one with a fraction, or beyond all sense, is none.
std::optional<int> whole(const Json& extra, const char* key) {
  const std::optional<double> value = number(extra, key);
  if (!value || *value != std::trunc(*value) || std::abs(*value) > 1e6) return std::nullopt;
  return static_cast<int>(*value);
}

// What another program says of its second pass ("hires fix").
void apply_hires(const Json& extra, StableDiffusionRequest& request) {
  const auto scale = number(extra, "Hires upscale");
  if (!scale || *scale <= 1) return;
  pipelines::SecondPass second{.scale = *scale};
  if (const auto strength = number(extra, "Denoising strength")) second.strength = *strength;
  if (const auto steps = whole(extra, "Hires steps")) second.steps = *steps;
  request.second_pass = second;
}

void apply_second_pass(const Json& extra, StableDiffusionRequest& request) {
  const Json json = extra.value("second_pass", Json());
  if (!json.is_object()) return apply_hires(extra, request);
  ConfigReader reader(json, "[--like] second_pass");
  pipelines::SecondPass second;
  reader.optional("scale", second.scale);
  reader.optional("strength", second.strength);
  reader.optional("steps", second.steps);
  reader.finish();
  request.second_pass = second;
}

}  // namespace

// "LOW:HIGH"; either may be left out.
diffusion::GuidanceInterval parse_interval(const std::string& text) {
  diffusion::GuidanceInterval interval;
  const size_t colon = text.find(':');
  const auto read = [&](std::string_view part, double& value) {
    if (part.empty()) return true;
    const auto number = parse_number<double>(part);
    value = number.value_or(value);
    return number.has_value();
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

bool is_of_a_picture(const provenance::Record& record) {
  return record.extra.contains("strength") ||
         (record.extra.contains("Denoising strength") && !record.extra.contains("second_pass") &&
          !record.extra.contains("Hires upscale") && !record.extra.contains("Hires resize"));
}

bool is_of_a_mask(const provenance::Record& record) {
  return record.extra.contains("inpaint") || record.extra.contains("Mask blur");
}

std::vector<std::string> unread_settings(const provenance::Record& record) {
  // Those that are read, and those that change nothing.
  constexpr std::string_view kKnown[] = {"Schedule type",
                                         "RNG",
                                         "Clip skip",
                                         "CFG Rescale",
                                         "Eta",
                                         "Denoising strength",
                                         "Hires upscale",
                                         "Hires steps",
                                         "Mask blur",
                                         "Inpaint area",
                                         "Masked area padding",
                                         "Lora hashes",
                                         "VAE",
                                         "VAE hash",
                                         "Hashes",
                                         "Template",
                                         "Negative Template",
                                         "Batch size",
                                         "Batch pos",
                                         "User",
                                         "Created Date",
                                         "Civitai resources",
                                         "Civitai metadata"};
  std::vector<std::string> unread;
  if (is_ours(record)) return unread;
  for (const auto& [name, value] : record.extra.items()) {
    if (std::find(std::begin(kKnown), std::end(kKnown), name) != std::end(kKnown)) continue;
    if (name == "Hires upscaler" && value == "Lanczos") continue;
    if (name == "Emphasis" && value == "Original") continue;
    unread.push_back(name);
  }
  return unread;
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
  // AUTOMATIC1111's names a schedule unless it is the plain one (modules/sd_samplers_kdiffusion.py,
  // get_sigmas); three of its samplers have one of their own (modules/sd_samplers_timesteps.py).
  const std::string& sampler = request.sampling.sampler;
  const bool plain = request.sampling.schedule.empty() || request.sampling.schedule == "default";
  if (plain && !is_ours(record) && sampler != "ddim" && sampler != "pndm" && sampler != "unipc")
    request.sampling.schedule = "normal";
  if (text("syntax", "") == "plain") request.syntax = text::PromptSyntax::kPlain;
  // AUTOMATIC1111's does not say that noise is a GPU's, its default; ours always says "CPU" there.
  const std::string noise = text("noise", "RNG");
  if (noise == "gpu" || noise == "GPU" || noise == "NV" || (noise.empty() && !is_ours(record)))
    request.noise = tensor::NoiseKind::kPhilox;
  if (const auto skip = whole(extra, "clip_skip")) request.clip_skip = *skip;
  if (const auto skip = whole(extra, "Clip skip")) request.clip_skip = *skip - 1;
  if (const auto rescale = number(extra, "guidance_rescale")) request.guidance_rescale = *rescale;
  if (const auto eta = number(extra, "Eta")) request.sampling.eta = *eta;
  if (const auto eta = number(extra, "eta")) request.sampling.eta = *eta;
  if (is_of_a_picture(record)) {
    if (const auto strength = number(extra, "Denoising strength"))
      request.sampling.strength = *strength;
  }
  if (const auto rescale = number(extra, "CFG Rescale")) request.guidance_rescale = *rescale;
  if (const auto strength = number(extra, "strength")) request.sampling.strength = *strength;
  const Json interval = extra.value("guidance_interval", Json());
  if (interval.is_string()) request.guidance_interval = parse_interval(interval);
  const Json sigmas = extra.value("sigmas", Json());
  if (sigmas.is_array()) {
    ConfigReader reader(Json{{"sigmas", sigmas}}, "[--like]");
    reader.required("sigmas", request.sampling.sigmas);
  }
  apply_second_pass(extra, request);
  // The record says the size of the result, which may not be what was drawn first.
  const Json first = extra.value("first_size", Json());
  if (first.is_string()) {
    const PictureSize size = parse_size(first.get<std::string>());
    request.width = size.width;
    request.height = size.height;
  }
}

void apply_recorded_mask(const provenance::Record& record, pipelines::InpaintOptions& inpaint) {
  const Json& extra = record.extra;
  const Json ours = extra.value("inpaint", Json());
  if (ours.is_object()) {
    ConfigReader reader(ours, "[--like] inpaint");
    bool through_autoencoder = false;
    reader.optional("blur", inpaint.blur);
    reader.optional("padding", inpaint.padding);
    reader.optional("only_masked", inpaint.only_masked);
    reader.optional("through_autoencoder", through_autoencoder);
    reader.finish();
    inpaint.keep_original = !through_autoencoder;
    return;
  }
  if (const auto blur = whole(extra, "Mask blur")) inpaint.blur = *blur;
  if (const auto padding = whole(extra, "Masked area padding")) inpaint.padding = *padding;
  inpaint.only_masked = extra.value("Inpaint area", Json()) == "Only masked";
}

}  // namespace lienzo::cli
