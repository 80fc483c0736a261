#pragma once

#include <torch/types.h>

#include <limits>

#include "lienzo/diffusion/denoiser.h"

namespace lienzo::diffusion {

/// Classifier-free guidance, uncond + scale * (cond - uncond): Ho & Salimans 2022
/// (arXiv:2207.12598), in the convention where 1 means no guidance. With `rescale` > 0 the result
/// is pulled towards the deviation of `cond`, per row over all other dimensions (unbiased): Lin et
/// al. 2023 (arXiv:2305.08891), section 3.4. (B, ...) each.
torch::Tensor classifier_free_guidance(const torch::Tensor& cond,
                                       const torch::Tensor& uncond,
                                       double scale,
                                       double rescale = 0);

/// Guidance only at noise levels in (sigma_low, sigma_high]: Kynkaanniemi et al. 2024
/// (arXiv:2404.07724).
struct GuidanceInterval {
  double sigma_low = 0;
  double sigma_high = std::numeric_limits<double>::infinity();
  bool contains(double sigma) const { return sigma > sigma_low && sigma <= sigma_high; }
};

struct GuidanceOptions {
  double scale = 1;    // 1: no guidance, `uncond` is never called
  double rescale = 0;  // 0..1
  GuidanceInterval interval = {};
  bool active(double sigma) const { return scale != 1 && interval.contains(sigma); }
};

/// Guides one denoiser by another. On x0 the guidance equals guidance on the raw output of every
/// parameterization (all are affine in the output); only the deviation used by `rescale` is that of
/// x0 instead.
Denoiser guided_denoiser(Denoiser cond, Denoiser uncond, const GuidanceOptions& options);

}  // namespace lienzo::diffusion
