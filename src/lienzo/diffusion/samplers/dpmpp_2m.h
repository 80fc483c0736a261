#pragma once

#include "lienzo/diffusion/samplers/step.h"

namespace lienzo::diffusion {

struct Dpmpp2mOptions {
  NoisePath path = NoisePath::kVarianceExploding;
};

/// DPM-Solver++(2M), Lu et al. 2022 (arXiv:2211.01095), Algorithm 2; crowsonkb/k-diffusion
/// sampling.py sample_dpmpp_2m, and diffusers DPMSolverMultistep (midpoint, order 2). The first
/// step and a step to 0 are of first order. On the flow path the step after t = 1 is too, since the
/// half log SNR is infinite there. Never draws noise; one denoiser call per step.
torch::Tensor sample_dpmpp_2m(const Denoiser& denoise,
                              torch::Tensor x,
                              std::span<const double> sigmas,
                              const Dpmpp2mOptions& options,
                              tensor::NoiseSource& noise,
                              const StepCallback& on_step = {});

}  // namespace lienzo::diffusion
