#pragma once

#include "lienzo/diffusion/samplers/step.h"

namespace lienzo::diffusion {

struct DpmppMultistepOptions {
  NoisePath path = NoisePath::kVarianceExploding;
  int order = 2;   // 1..3: how many predictions a step looks at
  double eta = 0;  // share of fresh noise: 0 for the flow's equation, 1 for the SDE
  double s_noise = 1;
  SolverType solver = SolverType::kMidpoint;  // kMidpoint or kHeun: the second-order term
  X0Limit limit = {};
  bool lower_order_last = false;         // the last step is of first order even if not to 0
  bool lower_order_before_last = false;  // the step before it is of second order at most
  /// The third-order term with eta > 0 as diffusers 0.42 has it, with the sign of its one half
  /// turned round (k-diffusion and eta = 0 have it right).
  bool diffusers_third_order = false;
  SdeNoiseOptions sde = {};
};

/// DPM-Solver++ multistep, for the flow's equation or the SDE, Lu et al. 2022 (arXiv:2211.01095),
/// Algorithm 2 and section 5: "DPM++ 2M", "2M SDE", "3M", "3M SDE". crowsonkb/k-diffusion
/// sampling.py sample_dpmpp_2m, sample_dpmpp_2m_sde, sample_dpmpp_3m_sde; diffusers
/// DPMSolverMultistepScheduler (dpmsolver++, sde-dpmsolver++). The order grows with the history; a
/// step to 0 is of first order. On the flow path the step after t = 1 is too, since the half log
/// SNR is infinite there. One denoiser call per step. Noise, with eta > 0: one Brownian path, or a
/// draw at every step but one to 0.
torch::Tensor sample_dpmpp_multistep(const Denoiser& denoise,
                                     torch::Tensor x,
                                     std::span<const double> sigmas,
                                     const DpmppMultistepOptions& options,
                                     tensor::NoiseSource& noise,
                                     const StepCallback& on_step = {});

}  // namespace lienzo::diffusion
