#include <algorithm>
#include <cmath>

#include "lienzo/base/field_error.h"
#include "lienzo/diffusion/sampler_names.h"
#include "lienzo/engine/draw.h"
#include "lienzo/image/io.h"
#include "lienzo/image/mask.h"
#include "lienzo/image/resize.h"

namespace lienzo::engine {
namespace {

using pipelines::StableDiffusionRequest;
using service::DrawRequest;
using service::MadePicture;
using service::Task;

constexpr double kEditStrength = 0.6, kInpaintStrength = 1.0;
constexpr double kSmallVariation = 0.35, kStrongVariation = 0.7;

image::Image inverted(image::Image mask) {
  for (uint8_t& value : mask.pixels) value = static_cast<uint8_t>(255 - value);
  return mask;
}

void set_picture(const DrawRequest& request,
                 const service::BlobReader& blobs,
                 StableDiffusionRequest& draw) {
  const std::string bytes = blobs(request.picture);
  draw.picture = decode(bytes);
  double strength = kEditStrength;
  if (request.task == Task::kVary) {
    strength = request.amount == "strong" ? kStrongVariation : kSmallVariation;
    if (const auto record = record_of(bytes)) {
      if (draw.prompt.empty()) draw.prompt = record->prompt;
      if (draw.negative_prompt.empty()) draw.negative_prompt = record->negative_prompt;
    }
  }
  if (request.task == Task::kInpaint) {
    strength = kInpaintStrength;
    image::Image mask = image::to_mask(decode(blobs(request.mask), /*keep_alpha=*/true));
    draw.inpaint = pipelines::InpaintOptions{
        .mask = request.mask_invert ? inverted(std::move(mask)) : std::move(mask),
        .blur = request.mask_blur,
        .only_masked = request.only_masked,
        .padding = request.padding};
  }
  if (request.task == Task::kUpscale) {
    const auto side = [&](int length) {
      return static_cast<int>(std::lround(length * request.scale));
    };
    draw.width = side(draw.picture->width);
    draw.height = side(draw.picture->height);
    draw.picture = image::resize(*draw.picture, draw.width, draw.height);
  }
  draw.sampling.strength = request.strength.value_or(strength);
}

}  // namespace

std::vector<MadePicture> draw_stable_diffusion(pipelines::StableDiffusion& model,
                                               const DrawRequest& request,
                                               const service::BlobReader& blobs,
                                               const service::EngineHooks& hooks,
                                               int preview_every) {
  StableDiffusionRequest draw;
  draw.prompt = request.prompt;
  draw.negative_prompt = request.negative_prompt;
  draw.clip_skip = std::max(0, request.clip_skip - 1);
  draw.width = request.width;
  draw.height = request.height;
  draw.count = request.count;
  draw.seed = request.seed.value_or(0);
  if (request.noise == "gpu") draw.noise = tensor::NoiseKind::kPhilox;
  draw.sampling.steps = request.steps;
  draw.sampling.eta = request.eta;
  if (!request.sampler.empty()) {
    const diffusion::SamplerChoice choice = diffusion::sampler_from_name(request.sampler);
    draw.sampling.sampler = choice.sampler;
    draw.sampling.schedule = choice.schedule;
  }
  if (!request.schedule.empty())
    draw.sampling.schedule = diffusion::schedule_from_name(request.schedule);
  draw.guidance = request.guidance;
  if (request.hires) {
    draw.second_pass = pipelines::SecondPass{.scale = request.hires->scale,
                                             .strength = request.hires->strength,
                                             .steps = request.hires->steps};
  }
  if (request.task != Task::kImagine) set_picture(request, blobs, draw);
  draw.preview_every = request.previews && hooks.preview ? preview_every : 0;

  std::vector<MadePicture> made;
  const pipelines::StableDiffusionHooks callbacks{
      .progress = progress_sink(request, hooks),
      .cancelled = hooks.cancelled,
      .on_preview =
          [&](int index, int step, const image::Image& picture) {
            hooks.preview(index, step, preview_bytes(picture));
          },
      .on_picture =
          [&](const pipelines::StableDiffusionPicture& picture) {
            provenance::Record record = picture.record;
            if (request.task == Task::kVary) record.extra["varied_from"] = request.picture;
            made.push_back(encode(picture.image, record, request.output));
          }};
  model.generate(draw, callbacks);
  return made;
}

}  // namespace lienzo::engine
