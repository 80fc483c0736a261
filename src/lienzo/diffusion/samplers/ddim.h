#pragma once

#include <vector>

#include "lienzo/diffusion/samplers/step.h"

namespace lienzo::diffusion {

struct DdimOptions {
  NoisePath path = NoisePath::kVarianceExploding;
  double eta = 0;  // 0: deterministic, 1: the noise of ancestral (DDPM) sampling
  X0Limit limit = {};
  /// Where each step leads, when that is not the next level: diffusers steps by T / n whatever the
  /// spacing. The network then takes the state for one of the next level, on its own variance
  /// preserving scale. Empty: the next level. Only on the variance exploding path.
  std::vector<double> targets = {};
};

/// Song et al. 2020 (arXiv:2010.02502), eq. 12 and 16, written for any alpha and sigma: the share
/// of fresh noise is eta * sigma_next * sqrt(1 - r^2), r = (sigma_next / alpha_next) / (sigma /
/// alpha). With eta = 0 it equals Euler on both paths; eta > 0 draws noise at every step but one to
/// 0. One denoiser call per step. The noise direction is that of x0 before it is limited, as in
/// diffusers DDIMScheduler without use_clipped_model_output.
torch::Tensor sample_ddim(const Denoiser& denoise,
                          torch::Tensor x,
                          std::span<const double> sigmas,
                          const DdimOptions& options,
                          tensor::NoiseSource& noise,
                          const StepCallback& on_step = {});

}  // namespace lienzo::diffusion
