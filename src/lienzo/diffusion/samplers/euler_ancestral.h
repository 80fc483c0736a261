#pragma once

#include "lienzo/diffusion/samplers/step.h"

namespace lienzo::diffusion {

struct EulerAncestralOptions {
  NoisePath path = NoisePath::kVarianceExploding;
  double eta = 1;      // share of fresh noise, see ancestral.h
  double s_noise = 1;  // factor of it
};

/// Euler steps to the lower level of an ancestral step, then fresh noise: crowsonkb/k-diffusion
/// sampling.py sample_euler_ancestral, diffusers EulerAncestralDiscreteScheduler; on flow
/// comfyanonymous/ComfyUI comfy/k_diffusion/sampling.py sample_euler_ancestral_RF. One denoiser
/// call per step; draws noise at every step but one to 0.
torch::Tensor sample_euler_ancestral(const Denoiser& denoise,
                                     torch::Tensor x,
                                     std::span<const double> sigmas,
                                     const EulerAncestralOptions& options,
                                     tensor::NoiseSource& noise,
                                     const StepCallback& on_step = {});

}  // namespace lienzo::diffusion
