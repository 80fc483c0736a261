#pragma once

#include "lienzo/diffusion/samplers/step.h"

namespace lienzo::diffusion {

struct Dpmpp2sAncestralOptions {
  double eta = 1;      // share of fresh noise, see ancestral.h
  double s_noise = 1;  // factor of it
};

/// DPM-Solver++(2S), Lu et al. 2022 (arXiv:2211.01095), Algorithm 1, to the lower level of an
/// ancestral step, then fresh noise: crowsonkb/k-diffusion sampling.py sample_dpmpp_2s_ancestral.
/// Variance exploding path. Two denoiser calls per step, one for a step to 0; draws noise at every
/// step but one to 0.
torch::Tensor sample_dpmpp_2s_ancestral(const Denoiser& denoise,
                                        torch::Tensor x,
                                        std::span<const double> sigmas,
                                        const Dpmpp2sAncestralOptions& options,
                                        tensor::NoiseSource& noise,
                                        const StepCallback& on_step = {});

}  // namespace lienzo::diffusion
