#pragma once

#include <vector>

#include "lienzo/diffusion/samplers/step.h"

namespace lienzo::diffusion {

struct TcdOptions {
  /// The level each step goes down to before fresh noise leads up to the next level, not above it;
  /// the same level where no noise is to be added. One per step.
  std::vector<double> middles = {};
};

/// Strategic stochastic sampling, Zheng et al. 2024 (arXiv:2402.19159), Algorithm 4: along the flow
/// to the middle level, then up by fresh noise. How far down the middles are is the method's gamma,
/// "eta" in diffusers TCDScheduler: at the time (1 - eta) t_next. Variance exploding path. One
/// denoiser call per step; draws noise where the middle is below the next level.
torch::Tensor sample_tcd(const Denoiser& denoise,
                         torch::Tensor x,
                         std::span<const double> sigmas,
                         const TcdOptions& options,
                         tensor::NoiseSource& noise,
                         const StepCallback& on_step = {});

}  // namespace lienzo::diffusion
