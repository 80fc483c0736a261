#pragma once

#include "lienzo/diffusion/samplers/step.h"

namespace lienzo::diffusion {

struct Dpm2Options {
  ChurnOptions churn = {};
};

/// DPM-Solver-2, Lu et al. 2022 (arXiv:2206.00927), in the form of crowsonkb/k-diffusion
/// sampling.py sample_dpm_2 (diffusers KDPM2DiscreteScheduler): the slope at the geometric middle
/// of the step carries the whole step. Variance exploding path. Two denoiser calls per step, one
/// for a step to 0. The callback gets the first of the two predictions.
torch::Tensor sample_dpm_2(const Denoiser& denoise,
                           torch::Tensor x,
                           std::span<const double> sigmas,
                           const Dpm2Options& options,
                           tensor::NoiseSource& noise,
                           const StepCallback& on_step = {});

}  // namespace lienzo::diffusion
