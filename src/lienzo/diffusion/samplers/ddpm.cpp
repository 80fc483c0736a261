#include "lienzo/diffusion/samplers/ddpm.h"

#include <cmath>

#include "lienzo/diffusion/samplers/x0_limit.h"
#include "lienzo/tensor/noise.h"

namespace lienzo::diffusion {

torch::Tensor sample_ddpm(const Denoiser& denoise,
                          torch::Tensor x,
                          std::span<const double> sigmas,
                          const DdpmOptions& options,
                          tensor::NoiseSource& noise,
                          const StepCallback& on_step) {
  check_sampler_input(x, sigmas, NoisePath::kVarianceExploding);
  const torch::NoGradGuard no_grad;
  for (size_t i = 0; i + 1 < sigmas.size(); ++i) {
    const double ratio = sigmas[i + 1] / sigmas[i];
    const torch::Tensor denoised = limit_x0(denoise(x, sigmas[i]), options.limit);
    x = denoised + (x - denoised) * (ratio * ratio);
    const double deviation = sigmas[i + 1] * std::sqrt(1 - ratio * ratio);
    if (deviation > 0) x = x + noise.normal_like(x) * deviation;
    report_step(on_step, i, sigmas, x, denoised);
  }
  return x;
}

}  // namespace lienzo::diffusion
