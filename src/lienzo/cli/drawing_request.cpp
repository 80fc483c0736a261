#include "lienzo/cli/drawing_request.h"

#include <fmt/format.h>

#include "lienzo/base/error.h"
#include "lienzo/cli/imagine_request.h"
#include "lienzo/cli/model_folder.h"
#include "lienzo/cli/recorded_drawing.h"
#include "lienzo/diffusion/sampler_names.h"
#include "lienzo/diffusion/samplers/registry.h"

namespace lienzo::cli {
namespace {

using pipelines::StableDiffusionRequest;

constexpr double kEditStrength = 0.75;

// A list of levels is schedule and number of steps at once.
void apply_typed_sigmas(const ImagineOptions& options, diffusion::SamplingRequest& sampling) {
  const char* other = options.steps                    ? "--steps"
                      : !options.draw.schedule.empty() ? "--schedule"
                                                       : nullptr;
  if (options.draw.sigmas.empty()) {
    if (other) sampling.sigmas.clear();
    return;
  }
  if (other) {
    throw Error(ErrorKind::kInvalidInput,
                fmt::format("[--sigmas] are steps and schedule themselves; leave out {}", other));
  }
  sampling.sigmas = options.draw.sigmas;
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
  apply_typed_sigmas(options, request.sampling);
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
  if (draw.hires == 1) {
    request.second_pass.reset();  // that of a record
  } else if (draw.hires) {
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

// The autoencoder that takes the place of the model's own, or nothing.
std::filesystem::path plan_autoencoder(const std::filesystem::path& typed,
                                       const std::optional<provenance::Record>& record) {
  if (!typed.empty()) return find_model(typed);
  if (!record) return {};
  for (const char* key : {"vae", "VAE"}) {
    const Json before = record->extra.value(key, Json());
    if (!before.is_string()) continue;
    try {
      return find_model(before.get<std::string>());
    } catch (const Error& error) {
      if (error.kind() != ErrorKind::kNotFound) throw;
      throw Error(ErrorKind::kNotFound,
                  fmt::format("[--like] the picture was decoded by the autoencoder '{}', which is "
                              "not in the model folder; say where it is with --vae, or give the "
                              "model itself there to take its own",
                              before.get<std::string>()));
    }
  }
  return {};
}

}  // namespace

std::vector<std::string> idle_options(const ImagineOptions& options,
                                      const StableDiffusionRequest& request,
                                      const pipelines::StableDiffusionFacts& model) {
  const DrawOptions& draw = options.draw;
  std::vector<std::string> idle;
  const auto check = [&](bool in_vain, std::string what) {
    if (in_vain) idle.push_back(std::move(what));
  };
  const bool unguided = request.guidance.value_or(model.guidance) == 1;
  check(unguided && options.negative && !options.negative->empty(),
        "--negative does nothing while --guidance is 1");
  check(unguided && draw.guidance_rescale, "--guidance-rescale does nothing while --guidance is 1");
  const std::string sampler =
      request.sampling.sampler.empty() ? model.sampler : request.sampling.sampler;
  const bool takes_eta =
      (diffusion::find_sampler(sampler).noisy && sampler != "ddpm" && sampler != "lcm") ||
      sampler == "ddim";
  check(draw.eta && !takes_eta, fmt::format("--eta does nothing with {}", sampler));
  check(!draw.tiny_autoencoder.empty() && request.preview_every == 0,
        "--taesd is for previews; ask for them with --preview-every");
  check(draw.padding && !request.inpaint->only_masked, "--padding is for --only-masked");
  check(draw.mask_blur && !request.inpaint->keep_original,
        "--mask-blur does nothing with --through-autoencoder");
  return idle;
}

pipelines::InpaintOptions plan_inpainting(const DrawOptions& draw,
                                          const std::optional<provenance::Record>& record) {
  pipelines::InpaintOptions inpaint;
  if (record) apply_recorded_mask(*record, inpaint);
  if (draw.mask_blur) inpaint.blur = *draw.mask_blur;
  if (draw.padding) inpaint.padding = *draw.padding;
  if (draw.only_masked) inpaint.only_masked = true;
  if (draw.through_autoencoder) inpaint.keep_original = false;
  return inpaint;
}

void plan_picture(const ImagineOptions& options,
                  const std::optional<provenance::Record>& record,
                  image::Image picture,
                  std::optional<image::Image> mask,
                  StableDiffusionRequest& request) {
  const std::string size = fmt::format("{}x{}", picture.width, picture.height);
  const bool of_a_picture = record && is_of_a_picture(*record);
  // Another picture than that of the record, or another way, and the size is to be found anew.
  bool same = of_a_picture && record->extra.value("picture_size", Json(size)) == size;
  request.picture = std::move(picture);
  if (!mask && !of_a_picture && !options.draw.strength) request.sampling.strength = kEditStrength;
  if (mask) {
    request.inpaint = plan_inpainting(options.draw, record);
    same = same && request.inpaint->only_masked == plan_inpainting({}, record).only_masked;
    request.inpaint->mask = *std::move(mask);
  }
  if (options.size.empty() && !same) request.width = request.height = 0;
}

StableDiffusionRequest plan_drawing(const ImagineOptions& options,
                                    const std::optional<provenance::Record>& record,
                                    uint64_t new_seed) {
  StableDiffusionRequest request;
  request.seed = new_seed;
  request.sampling.steps = 0;
  if (record) apply_record(*record, request);
  apply_typed(options, request);
  request.count = options.count.value_or(record ? recorded_sheet(*record).value_or(1) : 1);
  return request;
}

pipelines::StableDiffusionOptions plan_loading(const ImagineOptions& options,
                                               const std::optional<provenance::Record>& record) {
  const DrawOptions& draw = options.draw;
  pipelines::StableDiffusionOptions load;
  const auto chosen = [&](const std::string& typed, const char* key) {
    if (!typed.empty() || !record) return typed;
    const Json before = record->extra.value(key, Json());
    return before.is_string() ? before.get<std::string>() : std::string();
  };
  load.variant = chosen(draw.variant, "variant");
  load.vae = plan_autoencoder(draw.vae, record);
  load.tokenizer = draw.tokenizer;
  if (!draw.tiny_autoencoder.empty()) load.tiny_autoencoder = find_model(draw.tiny_autoencoder);
  load.prediction = chosen(draw.prediction, "prediction");
  load.dtype = chosen(draw.dtype, "dtype");
  if (!draw.device.empty()) load.device = draw.device;
  if (const std::string tiles = chosen(draw.tiles, "tiles"); !tiles.empty()) load.tiles = tiles;
  return load;
}

}  // namespace lienzo::cli
