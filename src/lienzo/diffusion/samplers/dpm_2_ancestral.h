#pragma once

#include "lienzo/diffusion/samplers/step.h"

namespace lienzo::diffusion {

struct Dpm2AncestralOptions {
  double eta = 1;      // share of fresh noise, see ancestral.h
  double s_noise = 1;  // factor of it
};

/// DPM-Solver-2 steps to the lower level of an ancestral step, then fresh noise:
/// crowsonkb/k-diffusion sampling.py sample_dpm_2_ancestral, diffusers
/// KDPM2AncestralDiscreteScheduler. Variance exploding path. Two denoiser calls per step, one for a
/// step to 0; draws noise at every step but one to 0 (diffusers before 0.31 drew twice).
torch::Tensor sample_dpm_2_ancestral(const Denoiser& denoise,
                                     torch::Tensor x,
                                     std::span<const double> sigmas,
                                     const Dpm2AncestralOptions& options,
                                     tensor::NoiseSource& noise,
                                     const StepCallback& on_step = {});

}  // namespace lienzo::diffusion
