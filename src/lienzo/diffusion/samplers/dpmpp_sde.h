#pragma once

#include "lienzo/diffusion/samplers/step.h"

namespace lienzo::diffusion {

struct DpmppSdeOptions {
  double eta = 1;      // share of fresh noise, see ancestral.h
  double s_noise = 1;  // factor of it
  SdeNoiseOptions sde = {};
};

/// DPM-Solver++ for the SDE with its second call at the geometric middle of the step:
/// crowsonkb/k-diffusion sampling.py sample_dpmpp_sde (r = 1/2), diffusers DPMSolverSDEScheduler.
/// Variance exploding path. Two denoiser calls per step, one for a step to 0. Noise: one Brownian
/// path, or two draws at every step but one to 0.
torch::Tensor sample_dpmpp_sde(const Denoiser& denoise,
                               torch::Tensor x,
                               std::span<const double> sigmas,
                               const DpmppSdeOptions& options,
                               tensor::NoiseSource& noise,
                               const StepCallback& on_step = {});

}  // namespace lienzo::diffusion
