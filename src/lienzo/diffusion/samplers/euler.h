#pragma once

#include "lienzo/diffusion/samplers/step.h"

namespace lienzo::diffusion {

struct EulerOptions {
  NoisePath path = NoisePath::kVarianceExploding;
  ChurnOptions churn = {};
};

/// Euler steps on the probability flow: Karras et al. 2022 (arXiv:2206.00364), Algorithm 2 without
/// the correction; crowsonkb/k-diffusion sampling.py sample_euler. On the flow path this is x +
/// (t_next - t) v, the method of SD3 and FLUX. One denoiser call per step.
torch::Tensor sample_euler(const Denoiser& denoise,
                           torch::Tensor x,
                           std::span<const double> sigmas,
                           const EulerOptions& options,
                           tensor::NoiseSource& noise,
                           const StepCallback& on_step = {});

}  // namespace lienzo::diffusion
