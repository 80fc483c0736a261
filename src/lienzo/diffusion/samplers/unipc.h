#pragma once

#include "lienzo/diffusion/samplers/step.h"

namespace lienzo::diffusion {

struct UniPcOptions {
  int order = 2;                         // 1..4: how many predictions a step looks at
  SolverType solver = SolverType::kBh2;  // kBh1 or kBh2
  bool lower_order_final = true;         // the last steps are of order 3, 2, 1
  X0Limit limit = {};
};

/// UniPC, Zhao et al. 2023 (arXiv:2302.04867), Algorithms 5 and 6 for x0 prediction: a multistep
/// predictor, and before the next step a corrector that uses the prediction made there, at no
/// further network call. diffusers UniPCMultistepScheduler. Variance exploding path. The order
/// grows with the history; a step to 0 is of first order. Never draws noise.
torch::Tensor sample_unipc(const Denoiser& denoise,
                           torch::Tensor x,
                           std::span<const double> sigmas,
                           const UniPcOptions& options,
                           tensor::NoiseSource& noise,
                           const StepCallback& on_step = {});

}  // namespace lienzo::diffusion
