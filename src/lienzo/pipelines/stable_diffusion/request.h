#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "lienzo/base/progress.h"
#include "lienzo/diffusion/guidance.h"
#include "lienzo/diffusion/sampling_plan.h"
#include "lienzo/image/image.h"
#include "lienzo/provenance/record.h"
#include "lienzo/tensor/noise.h"
#include "lienzo/text/prompt_syntax.h"

namespace lienzo::pipelines {

/// Where a picture is painted anew.
struct InpaintOptions {
  image::Image mask;         // any size of the picture's aspect; white is painted, black is kept
  int blur = 4;              // pixels: deviation of the soft edge between old and new
  bool only_masked = false;  // the masked part alone, enlarged to the whole working size
  int padding = 32;          // pixels around the masked part that are seen with only_masked
  /// Kept pixels are put back from the picture as they were; without it they went through the
  /// autoencoder, as in diffusers.
  bool keep_original = true;
};

/// A second, larger pass over the finished picture ("hires fix").
struct SecondPass {
  double scale = 2;       // of both sides, above 1, up to 4
  double strength = 0.5;  // of the second pass, (0, 1]
  int steps = 0;          // of its schedule; 0: as the first pass
};

struct StableDiffusionRequest {
  std::string prompt;
  /// Empty: none, which SDXL takes for zeros where its folder says so.
  std::string negative_prompt;
  text::PromptSyntax syntax = text::PromptSyntax::kAutomatic1111;
  /// Layers left off at the end of the text encoder; one is in SD 2 and XL anyway.
  int clip_skip = 0;

  int width = 0, height = 0;  // pixels, 64 to 8192; 0: the model's own size, or that of `picture`
  int count = 1;              // pictures, 1 to 10,000; picture k has seed + k
  uint64_t seed = 0;
  tensor::NoiseKind noise = tensor::NoiseKind::kCpu;

  /// Sampler, schedule, steps (0: the model's own); `strength` counts with a `picture` only.
  diffusion::SamplingRequest sampling;
  /// 0 to 100, 1: off; below, the negative prompt shares in the picture, and at 0 it is drawn
  /// alone. Empty: 7.5, or what the model was made for.
  std::optional<double> guidance;
  double guidance_rescale = 0;  // 0 to 1
  diffusion::GuidanceInterval guidance_interval = {};

  std::optional<image::Image> picture;    // image to image: what to start from
  std::optional<InpaintOptions> inpaint;  // needs `picture`
  std::optional<SecondPass> second_pass;

  /// Pictures that go through the network together; 0: as many as the memory allows, at most 4.
  int batch = 0;
  int preview_every = 0;  // steps between previews; 0: none
};

struct StableDiffusionPicture {
  image::Image image;
  provenance::Record record;
};

struct StableDiffusionHooks {
  ProgressSink progress;
  std::function<bool()> cancelled;  // asked between steps
  /// What picture `index` looks like so far; small where no tiny autoencoder is loaded.
  std::function<void(int index, int step, const image::Image&)> on_preview;
  std::function<void(const StableDiffusionPicture&)> on_picture;  // as soon as each is ready
};

/// Throws kInvalidInput naming the first field out of its range.
void check_request(const StableDiffusionRequest& request);

}  // namespace lienzo::pipelines
