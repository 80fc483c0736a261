#pragma once

#include <torch/types.h>

#include "lienzo/diffusion/denoiser.h"
#include "lienzo/diffusion/guidance.h"
#include "lienzo/diffusion/noise_model.h"
#include "lienzo/models/unet_2d_condition.h"
#include "lienzo/pipelines/stable_diffusion/text_conditioning.h"

namespace lienzo::pipelines {

/// A U-Net with what it is told in one run, as a denoiser of pictures: guidance, composed prompts,
/// prompts that change from step to step, and passes of as many rows as the memory allows.
struct GuidedUNetOptions {
  models::UNet2DCondition unet{nullptr};
  torch::Device device = torch::kCPU;
  torch::ScalarType dtype = torch::kFloat;
  ConditioningPair conditioning;
  torch::Tensor time_ids = {}, negative_time_ids = {};  // (1, N) SDXL; else undefined
  torch::Tensor extra_channels = {};  // (B, 5, h, w) mask and masked latents of inpainting models
  diffusion::GuidanceOptions guidance;
  int64_t rows_per_pass = 2;  // a picture has one row for each prompt and one for the negative
};

/// Keeps track of the step, which prompts with [from:to:when] need.
class GuidedUNet {
 public:
  explicit GuidedUNet(GuidedUNetOptions options) : options_(std::move(options)) {}

  /// The denoiser for diffusion::run over `model`, on x (B, 4, h, w) in fp32. Must not outlive
  /// this.
  diffusion::Denoiser denoiser(const diffusion::NoiseModel& model);
  /// What the following calls are part of; counted from 1.
  void begin_step(int step) { step_ = step; }

 private:
  torch::Tensor predict(const torch::Tensor& x, const torch::Tensor& time);
  torch::Tensor pass(const torch::Tensor& x,
                     const torch::Tensor& time,
                     int64_t first,
                     int64_t rows,
                     const std::vector<const Conditioning*>& told);

  GuidedUNetOptions options_;
  int step_ = 1;
  double sigma_ = 0;
};

}  // namespace lienzo::pipelines
