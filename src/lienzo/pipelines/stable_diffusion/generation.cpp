#include "lienzo/pipelines/stable_diffusion/generation.h"

#include <fmt/format.h>
#include <torch/types.h>

#include <algorithm>
#include <cmath>

#include "lienzo/base/error.h"
#include "lienzo/image/resize.h"
#include "lienzo/pipelines/names_elsewhere.h"
#include "lienzo/pipelines/stable_diffusion/memory.h"
#include "lienzo/tensor/dtype.h"
#include "lienzo/tensor/image_tensor.h"

namespace lienzo::pipelines {
namespace {

constexpr int kMostTogether = 4;
constexpr double kMemoryShare = 0.8;  // of what is free, for one pass of the U-Net

// (B, ...) from (1, ...), each picture the same.
torch::Tensor repeated(const torch::Tensor& one, size_t pictures) {
  std::vector<int64_t> shape = one.sizes().vec();
  shape[0] = static_cast<int64_t>(pictures);
  return one.expand(shape).contiguous();
}

// One value for each latent: the pixel at its top left corner, as diffusers' nearest sampling has
// it. (1, 1, h, w), 1 where painted.
torch::Tensor latent_mask(const image::Image& mask, int64_t factor) {
  const torch::Tensor pixels =
      torch::from_blob(
          const_cast<uint8_t*>(mask.pixels.data()), {1, 1, mask.height, mask.width}, torch::kUInt8)
          .ge(128)
          .to(torch::kFloat);
  return pixels.slice(2, 0, mask.height, factor).slice(3, 0, mask.width, factor).contiguous();
}

// The picture with grey where it will be painted.
torch::Tensor without_painted(const torch::Tensor& picture, const image::Image& mask) {
  const torch::Tensor kept =
      torch::from_blob(
          const_cast<uint8_t*>(mask.pixels.data()), {1, 1, mask.height, mask.width}, torch::kUInt8)
          .lt(128)
          .to(torch::kFloat);
  return picture * kept;
}

}  // namespace

Generation::Generation(StableDiffusionParts& parts,
                       const StableDiffusionRequest& request,
                       const StableDiffusionHooks& hooks)
    : parts_(parts), request_(request), hooks_(hooks) {
  check_request(request);
  words_ = words_of(request.prompt, request.syntax, parts.loras);
  if (parts.facts.needs_picture && !request.picture) {
    throw Error(ErrorKind::kUnsupported,
                fmt::format("[imagine] {} ({}) refines pictures and draws none from words; give it "
                            "a picture to start from",
                            parts.facts.name,
                            parts.facts.family));
  }
  if (parts.facts.inpaints && !request.inpaint) {
    throw Error(ErrorKind::kUnsupported,
                fmt::format("[imagine] {} ({}) fills in masked parts of pictures; give it a "
                            "picture and a mask, or take another model",
                            parts.facts.name,
                            parts.facts.family));
  }
  const int64_t factor = parts.autoencoder.model->config().factor();
  canvas_ = make_canvas(request, parts.facts.width, parts.facts.height, factor);
  guidance_ = request.guidance.value_or(parts.facts.guidance);

  diffusion::SamplingRequest sampling = request.sampling;
  if (!request.picture) sampling.strength = 1;
  if (sampling.steps == 0) sampling.steps = parts.facts.steps;
  plan_ = diffusion::plan_sampling(sampling, parts.noise_model, parts.scheduler);
  if (request.second_pass) {
    sampling.strength = request.second_pass->strength;
    if (request.second_pass->steps > 0) sampling.steps = request.second_pass->steps;
    second_plan_ = diffusion::plan_sampling(sampling, parts.noise_model, parts.scheduler);
  }
  check_memory(canvas_.height / factor, canvas_.width / factor);
  // On the CPU one picture with its two rows keeps all processors busy, and numbers do not depend
  // on the others then.
  batch_ = request.batch > 0 ? request.batch : parts.device.is_cpu() ? 1 : kMostTogether;
}

void Generation::check_memory(int64_t height, int64_t width) const {
  if (!parts_.device.is_cpu()) return;
  const double scale = request_.second_pass ? request_.second_pass->scale : 1;
  const auto large = [&](int64_t side) {
    return static_cast<int64_t>(std::ceil(static_cast<double>(side) * scale));
  };
  const uint64_t needed = unet_pass_bytes(parts_.unet->config(),
                                          1,
                                          large(height),
                                          large(width),
                                          static_cast<int64_t>(c10::elementSize(parts_.dtype)));
  const uint64_t free = available_memory();
  if (needed <= free) return;
  throw Error(
      ErrorKind::kOutOfMemory,
      fmt::format("[imagine] a picture of {}x{} takes about {} beside the weights, and {} is "
                  "free; choose a smaller size{}",
                  large(canvas_.width),
                  large(canvas_.height),
                  bytes_text(needed),
                  bytes_text(free),
                  parts_.dtype == torch::kFloat ? " or bf16" : ""));
}

int64_t Generation::rows_per_pass(int64_t pictures, int64_t height, int64_t width) const {
  const int64_t texts = static_cast<int64_t>(conditioning_.positive.parts.size()) + 1;
  const int64_t wanted = pictures * texts;
  if (!parts_.device.is_cpu()) return wanted;
  const uint64_t each = unet_pass_bytes(parts_.unet->config(),
                                        1,
                                        height,
                                        width,
                                        static_cast<int64_t>(c10::elementSize(parts_.dtype)));
  const auto fitting = static_cast<int64_t>(static_cast<double>(available_memory()) * kMemoryShare /
                                            static_cast<double>(std::max<uint64_t>(each, 1)));
  return std::clamp<int64_t>(fitting, 1, wanted);
}

ConditioningPair Generation::encode(int steps, int passed) {
  return encode_prompts(parts_.text_encoders,
                        {.prompt = words_,
                         .negative_prompt = request_.negative_prompt,
                         .syntax = request_.syntax,
                         .clip_skip = request_.clip_skip,
                         .steps = steps,
                         .passed = passed,
                         .zeros_for_no_negative = parts_.zeros_for_no_negative},
                        parts_.device,
                        parts_.dtype);
}

std::vector<StableDiffusionPicture> Generation::run() {
  const c10::InferenceMode inference;
  parts_.require_unchanged_files();
  start_ = std::chrono::steady_clock::now();
  parts_.autoencoder.cut = false;
  conditioning_ = encode(plan_->steps() + plan_->skipped_steps, 0);
  if (second_plan_) {
    const int steps = second_plan_->steps() + second_plan_->skipped_steps;
    second_conditioning_ = encode(steps, plan_->steps());
  }
  std::vector<StableDiffusionPicture> pictures;
  for (int first = 0; first < request_.count; first += batch_) {
    Group group{.first = first, .seeds = {}};
    for (int k = first; k < std::min(first + batch_, request_.count); ++k)
      group.seeds.push_back(request_.seed + static_cast<uint64_t>(k));
    torch::Tensor latents = first_pass(group);
    if (second_plan_) latents = second_pass(group, latents);
    return_freed_memory();
    for (size_t k = 0; k < group.seeds.size(); ++k) {
      const auto row = static_cast<int64_t>(k);
      const image::Image made =
          tensor::to_image(decode_latents(parts_.autoencoder, latents.slice(0, row, row + 1)));
      StableDiffusionPicture picture{.image = finished(made), .record = {}};
      picture.record = make_record(group.seeds[k], picture.image);
      parts_.require_unchanged_files();
      if (hooks_.on_picture) hooks_.on_picture(picture);
      pictures.push_back(std::move(picture));
    }
  }
  return pictures;
}

// Draws come in the order of diffusers' pipelines, so that seeds mean the same there.
torch::Tensor Generation::first_pass(const Group& group) {
  tensor::NoiseSource noise(group.seeds, request_.noise);
  const int64_t factor = parts_.autoencoder.model->config().factor();
  const int64_t channels = parts_.autoencoder.model->config().latent_channels;
  const std::vector<int64_t> shape{channels, canvas_.height / factor, canvas_.width / factor};
  if (!canvas_.picture) {
    return sample(group,
                  *plan_,
                  conditioning_,
                  diffusion::initial_state(*plan_, noise.normal(shape)),
                  {},
                  noise,
                  {});
  }
  const size_t count = group.seeds.size();
  const torch::Tensor picture = tensor::to_tensor(*canvas_.picture);
  const bool nine = parts_.facts.inpaints, whole = plan_->skipped_steps == 0;
  torch::Tensor latents;
  if (!nine || !whole)
    latents = encode_latents(parts_.autoencoder, repeated(picture, count), noise);
  const torch::Tensor fresh = noise.normal(shape);
  // A mask leaves no trace of what was there when all steps run; image to image keeps some.
  torch::Tensor x = canvas_.mask && whole ? diffusion::initial_state(*plan_, fresh)
                                          : diffusion::noised_state(*plan_, latents, fresh);
  torch::Tensor extra;
  diffusion::StepCallback keep;
  if (canvas_.mask) {
    const torch::Tensor mask = latent_mask(*canvas_.mask, factor);
    if (nine) {
      const torch::Tensor rest = encode_latents(
          parts_.autoencoder, repeated(without_painted(picture, *canvas_.mask), count), noise);
      extra = torch::cat({repeated(mask, count), rest}, 1).to(parts_.device);
    } else {
      keep = [this, mask, latents, fresh](const diffusion::StepInfo& info) {
        const torch::Tensor kept = diffusion::noised_state(*plan_, latents, fresh, info.step);
        info.x = mask * info.x + (1 - mask) * kept.to(info.x.scalar_type());
        return true;
      };
    }
  }
  return sample(group, *plan_, conditioning_, x, extra, noise, keep);
}

image::Image Generation::finished(const image::Image& made) const {
  if (!second_plan_) return finish_canvas(canvas_, made);
  const auto [width, height] = second_size();
  return image::crop(made, 0, 0, width, height);
}

// What is kept of the second pass grows by the scale; what is worked on is its next multiple.
std::pair<int, int> Generation::second_size() const {
  const auto grown = [&](int side) {
    return static_cast<int>(std::lround(side * request_.second_pass->scale));
  };
  return {grown(canvas_.cut_width), grown(canvas_.cut_height)};
}

torch::Tensor Generation::second_pass(const Group& group, const torch::Tensor& latents) {
  tensor::NoiseSource noise(group.seeds, request_.noise);
  const auto factor = static_cast<int>(parts_.autoencoder.model->config().factor());
  const auto [cut_width, cut_height] = second_size();
  std::vector<torch::Tensor> rows;
  for (int64_t b = 0; b < latents.size(0); ++b) {
    const image::Image small = image::crop(
        tensor::to_image(decode_latents(parts_.autoencoder, latents.slice(0, b, b + 1))),
        0,
        0,
        canvas_.cut_width,
        canvas_.cut_height);
    const image::Image large = image::extend(image::resize(small, cut_width, cut_height),
                                             (cut_width + factor - 1) / factor * factor,
                                             (cut_height + factor - 1) / factor * factor);
    rows.push_back(tensor::to_tensor(large));
  }
  const torch::Tensor start = encode_latents(parts_.autoencoder, torch::cat(rows), noise);
  const torch::Tensor x = diffusion::noised_state(*second_plan_, start, noise.normal_like(start));
  return sample(group, *second_plan_, *second_conditioning_, x, {}, noise, {});
}

torch::Tensor Generation::sample(const Group& group,
                                 const diffusion::SamplingPlan& plan,
                                 const ConditioningPair& conditioning,
                                 torch::Tensor x,
                                 const torch::Tensor& extra_channels,
                                 tensor::NoiseSource& noise,
                                 const diffusion::StepCallback& before_report) {
  const int64_t height = x.size(2), width = x.size(3);
  const bool aesthetic = parts_.facts.needs_picture;
  GuidedUNetOptions options{.unet = parts_.unet,
                            .device = parts_.device,
                            .dtype = parts_.dtype,
                            .conditioning = conditioning,
                            .extra_channels = extra_channels,
                            .guidance = {.scale = guidance_,
                                         .rescale = request_.guidance_rescale,
                                         .interval = request_.guidance_interval},
                            .rows_per_pass = rows_per_pass(x.size(0), height, width)};
  if (parts_.unet->config().text_time) {
    // The refiner is told how beautiful the picture is to be (Podell et al. 2023, section 2.5).
    options.time_ids = time_ids(height, width, aesthetic ? 6.0 : 0);
    options.negative_time_ids = time_ids(height, width, aesthetic ? 2.5 : 0);
  }
  GuidedUNet unet(std::move(options));
  unet.begin_step(plan.skipped_steps + 1);
  const bool second = &plan != &*plan_;
  const int before = second ? plan_->steps() : 0;
  const auto on_step = [&](const diffusion::StepInfo& info) {
    if (before_report) before_report(info);
    unet.begin_step(plan.skipped_steps + info.step + 1);
    report(group, before + info.step);
    preview(group, info);
    return !(hooks_.cancelled && hooks_.cancelled());
  };
  report(group, before);
  return diffusion::run(plan, std::move(x), unet.denoiser(plan.model), noise, on_step);
}

// (1, 6), or (1, 5) with the refiner's aesthetic score: original size, crop, target size.
torch::Tensor Generation::time_ids(int64_t height, int64_t width, double aesthetic) const {
  const int64_t factor = parts_.autoencoder.model->config().factor();
  const auto h = static_cast<float>(height * factor), w = static_cast<float>(width * factor);
  std::vector<float> ids = {h, w, 0, 0};
  if (aesthetic > 0) {
    ids.push_back(static_cast<float>(aesthetic));
  } else {
    ids.insert(ids.end(), {h, w});
  }
  return torch::tensor(ids).unsqueeze(0).to(parts_.device);
}

void Generation::preview(const Group& group, const diffusion::StepInfo& info) {
  if (request_.preview_every == 0 || !hooks_.on_preview) return;
  if (info.step % request_.preview_every != 0 || info.step == info.total) return;
  for (int64_t b = 0; b < info.denoised.size(0); ++b) {
    const torch::Tensor latent = info.denoised.slice(0, b, b + 1);
    const torch::Tensor picture = parts_.tiny
                                      ? parts_.tiny->decode(latent.to(parts_.device, parts_.dtype))
                                            .to(torch::kCPU, torch::kFloat)
                                      : rough_picture(latent, checkpoints::is_xl(parts_.family));
    hooks_.on_preview(group.first + static_cast<int>(b), info.step, tensor::to_image(picture));
  }
}

void Generation::report(const Group& group, int steps_done) {
  if (!hooks_.progress) return;
  const int each = plan_->steps() + (second_plan_ ? second_plan_->steps() : 0);
  const int groups = (request_.count + batch_ - 1) / batch_;
  const int number = group.first / batch_;
  const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - start_;
  std::string note;
  if (request_.count > 1) note = fmt::format("picture {} of {}", group.first + 1, request_.count);
  hooks_.progress({.stage = "draw",
                   .done = int64_t{number} * each + steps_done,
                   .total = int64_t{groups} * each,
                   .seconds = elapsed.count(),
                   .note = note});
}

provenance::Record Generation::make_record(uint64_t seed, const image::Image& picture) const {
  provenance::Record record;
  record.prompt = request_.prompt;
  record.negative_prompt = request_.negative_prompt;
  record.seed = seed;
  record.steps = plan_->steps() + plan_->skipped_steps;
  record.sampler = plan_->sampler;
  record.guidance = guidance_;
  record.width = picture.width;
  record.height = picture.height;
  record.model = parts_.facts.name;
  add_settings(record.extra);
  add_elsewhere(record);
  record_loras(parts_.loras, request_.syntax, record);
  return record;
}

// By AUTOMATIC1111's names, as name_sampling_elsewhere() does.
void Generation::add_elsewhere(provenance::Record& record) const {
  name_sampling_elsewhere(record);
  auto& names = record.elsewhere;
  if (request_.clip_skip > 0)
    names.emplace_back("Clip skip", std::to_string(request_.clip_skip + 1));
  // Without it that program takes noise to be a GPU's.
  names.emplace_back("RNG", request_.noise == tensor::NoiseKind::kPhilox ? "NV" : "CPU");
  if (!parts_.facts.vae.empty()) names.emplace_back("VAE", parts_.facts.vae);
  // Its size is that of the first pass, or of what a masked part is enlarged to.
  if (request_.second_pass || (request_.inpaint && request_.inpaint->only_masked))
    names.emplace_back("Size", fmt::format("{}x{}", canvas_.cut_width, canvas_.cut_height));
  if (request_.guidance_rescale > 0)
    names.emplace_back("CFG Rescale", fmt::format("{}", request_.guidance_rescale));
  if (request_.sampling.eta) names.emplace_back("Eta", fmt::format("{}", *request_.sampling.eta));
  if (request_.second_pass) {
    names.emplace_back("Denoising strength", fmt::format("{}", request_.second_pass->strength));
    names.emplace_back("Hires upscale", fmt::format("{}", request_.second_pass->scale));
    names.emplace_back("Hires steps",
                       std::to_string(second_plan_->steps() + second_plan_->skipped_steps));
    names.emplace_back("Hires upscaler", "Lanczos");
  } else if (request_.picture) {
    names.emplace_back("Denoising strength", fmt::format("{}", request_.sampling.strength));
  }
  if (!request_.inpaint) return;
  names.emplace_back("Mask blur", std::to_string(request_.inpaint->blur));
  if (!request_.inpaint->only_masked) return;
  names.emplace_back("Inpaint area", "Only masked");
  names.emplace_back("Masked area padding", std::to_string(request_.inpaint->padding));
}

// What the JSON record holds beyond its own fields, for --like.
void Generation::add_settings(Json& extra) const {
  for (const auto& [key, value] : {std::pair{"variant", parts_.facts.variant},
                                   {"vae", parts_.facts.vae},
                                   {"prediction", parts_.facts.prediction}}) {
    if (!value.empty()) extra[key] = value;
  }
  if (parts_.autoencoder.cut) extra["tiles"] = "always";
  extra["schedule"] = plan_->schedule;
  extra["dtype"] = parts_.facts.dtype;
  if (request_.syntax == text::PromptSyntax::kPlain) extra["syntax"] = "plain";
  if (request_.clip_skip > 0) extra["clip_skip"] = request_.clip_skip;
  if (request_.noise != tensor::NoiseKind::kCpu)
    extra["noise"] = std::string(tensor::name(request_.noise));
  if (request_.guidance_rescale > 0) extra["guidance_rescale"] = request_.guidance_rescale;
  if (request_.sampling.eta) extra["eta"] = *request_.sampling.eta;
  if (!request_.sampling.sigmas.empty()) extra["sigmas"] = request_.sampling.sigmas;
  if (request_.picture) {
    extra["strength"] = request_.sampling.strength;
    extra["picture_size"] = fmt::format("{}x{}", request_.picture->width, request_.picture->height);
  }
  // The record says the size of the result, which is not what was drawn first.
  if (request_.second_pass || (request_.inpaint && request_.inpaint->only_masked))
    extra["first_size"] = fmt::format("{}x{}", canvas_.cut_width, canvas_.cut_height);
  if (canvas_.cut_width != canvas_.width || canvas_.cut_height != canvas_.height)
    extra["generated_size"] = fmt::format("{}x{}", canvas_.width, canvas_.height);
  if (request_.inpaint) {
    extra["inpaint"] = {{"blur", request_.inpaint->blur},
                        {"only_masked", request_.inpaint->only_masked},
                        {"padding", request_.inpaint->padding}};
    if (!request_.inpaint->keep_original) extra["inpaint"]["through_autoencoder"] = true;
  }
  const diffusion::GuidanceInterval& interval = request_.guidance_interval;
  if (interval.sigma_low > 0 || std::isfinite(interval.sigma_high)) {
    extra["guidance_interval"] = std::isfinite(interval.sigma_high)
                                     ? fmt::format("{}:{}", interval.sigma_low, interval.sigma_high)
                                     : fmt::format("{}:", interval.sigma_low);
  }
  if (request_.second_pass) {
    extra["second_pass"] = {{"scale", request_.second_pass->scale},
                            {"strength", request_.second_pass->strength},
                            {"steps", second_plan_->steps() + second_plan_->skipped_steps}};
  }
}

}  // namespace lienzo::pipelines
