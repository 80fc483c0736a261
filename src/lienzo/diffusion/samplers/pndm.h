#pragma once

#include <vector>

#include "lienzo/diffusion/parameterization.h"
#include "lienzo/diffusion/samplers/step.h"

namespace lienzo::diffusion {

struct PndmOptions {
  /// What is combined over several calls: the noise, or v for a v model (diffusers averages what
  /// the network says).
  Parameterization parameterization = Parameterization::kEpsilon;
  /// The calls of the run in order, when they are not those of plms_calls(sigmas).
  std::vector<PndmCall> calls = {};
  /// So many of the first `calls` are Runge-Kutta steps, four to a step.
  int runge_kutta_calls = 0;
};

/// One call at each of the levels but the last, and a second at sigmas[1] to repeat the first step
/// with the mean of both slopes: "PLMS".
std::vector<PndmCall> plms_calls(std::span<const double> sigmas);

/// The levels at which the steps made of these calls start, and the last: what sample_pndm reports.
std::vector<double> pndm_levels(std::span<const PndmCall> calls, int runge_kutta_calls);

/// Pseudo linear multistep, Liu et al. 2022 (arXiv:2202.09778), eq. 9 and 12 and Algorithm 2:
/// diffusers PNDMScheduler, with or without skip_prk_steps. Every call asks the network at
/// `ask` and then moves the state from `from` to `to`; where the reference passes a state on as if
/// it were of another level, taken_for() does the same. Variance exploding path. Never draws noise.
/// A step is reported when its last call is done, so that with PLMS the first takes two calls;
/// sigmas must be pndm_levels of the calls.
torch::Tensor sample_pndm(const Denoiser& denoise,
                          torch::Tensor x,
                          std::span<const double> sigmas,
                          const PndmOptions& options,
                          tensor::NoiseSource& noise,
                          const StepCallback& on_step = {});

}  // namespace lienzo::diffusion
