#pragma once

#include "lienzo/diffusion/samplers/step.h"

namespace lienzo::diffusion {

struct HeunOptions {
  NoisePath path = NoisePath::kVarianceExploding;
  ChurnOptions churn = {};
  X0Limit limit = {};
};

/// Karras et al. 2022 (arXiv:2206.00364), Algorithm 2; with s_churn = 0, Algorithm 1 for sigma(t) =
/// t, s(t) = 1. Two denoiser calls per step, one for a step to 0. The callback gets the first of
/// the two predictions.
torch::Tensor sample_heun(const Denoiser& denoise,
                          torch::Tensor x,
                          std::span<const double> sigmas,
                          const HeunOptions& options,
                          tensor::NoiseSource& noise,
                          const StepCallback& on_step = {});

}  // namespace lienzo::diffusion
