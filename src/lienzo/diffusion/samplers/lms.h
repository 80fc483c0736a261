#pragma once

#include "lienzo/diffusion/samplers/step.h"

namespace lienzo::diffusion {

struct LmsOptions {
  NoisePath path = NoisePath::kVarianceExploding;
  int order = 4;  // 1..4: how many slopes are kept
};

/// Linear multistep (Adams-Bashforth for uneven steps): the polynomial through the last slopes is
/// integrated over the step. crowsonkb/k-diffusion sampling.py sample_lms, diffusers
/// LMSDiscreteScheduler. Never draws noise; one denoiser call per step. A run that starts in the
/// middle of a schedule builds its history anew; diffusers would use weights meant for a history
/// that is not there.
torch::Tensor sample_lms(const Denoiser& denoise,
                         torch::Tensor x,
                         std::span<const double> sigmas,
                         const LmsOptions& options,
                         tensor::NoiseSource& noise,
                         const StepCallback& on_step = {});

}  // namespace lienzo::diffusion
