#pragma once

#include <vector>

#include "lienzo/diffusion/samplers/step.h"

namespace lienzo::diffusion {

struct LcmOptions {
  NoisePath path = NoisePath::kVarianceExploding;
  X0Limit limit = {};
  /// The network's time at each step, for the boundary condition; empty: x0 as it is. Only on the
  /// variance exploding path.
  std::vector<double> times = {};
  double timestep_scaling = 10;
};

/// Multistep consistency sampling, Luo et al. 2023 (arXiv:2310.04378), Algorithm 3: x0 in one go,
/// then fresh noise up to the next level. With `times` x0 is mixed with the state by c_skip and
/// c_out of section 4.2 (sigma_data 0.5), as diffusers LCMScheduler does. One denoiser call per
/// step; draws noise at every step but one to 0.
torch::Tensor sample_lcm(const Denoiser& denoise,
                         torch::Tensor x,
                         std::span<const double> sigmas,
                         const LcmOptions& options,
                         tensor::NoiseSource& noise,
                         const StepCallback& on_step = {});

}  // namespace lienzo::diffusion
