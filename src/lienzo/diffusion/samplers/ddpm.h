#pragma once

#include "lienzo/diffusion/samplers/step.h"

namespace lienzo::diffusion {

struct DdpmOptions {
  X0Limit limit = {};
};

/// Samples from the posterior q(x_next | x, x0), Ho et al. 2020 (arXiv:2006.11239), eq. 6 and 7,
/// which for x = x0 + sigma noise is normal with mean x0 + (sigma_next / sigma)^2 (x - x0) and
/// variance sigma_next^2 (1 - (sigma_next / sigma)^2); diffusers DDPMScheduler with "fixed_small".
/// Variance exploding path. One denoiser call per step; draws noise at every step but one to 0.
torch::Tensor sample_ddpm(const Denoiser& denoise,
                          torch::Tensor x,
                          std::span<const double> sigmas,
                          const DdpmOptions& options,
                          tensor::NoiseSource& noise,
                          const StepCallback& on_step = {});

}  // namespace lienzo::diffusion
