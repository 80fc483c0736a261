#include "lienzo/diffusion/samplers/ddim.h"

#include <algorithm>
#include <cmath>

#include "lienzo/diffusion/parameterization.h"
#include "lienzo/tensor/noise.h"

namespace lienzo::diffusion {

torch::Tensor sample_ddim(const Denoiser& denoise,
                          torch::Tensor x,
                          std::span<const double> sigmas,
                          const DdimOptions& options,
                          tensor::NoiseSource& noise,
                          const StepCallback& on_step) {
  check_sampler_input(x, sigmas, options.path);
  const torch::NoGradGuard no_grad;
  for (size_t i = 0; i + 1 < sigmas.size(); ++i) {
    const double sigma = sigmas[i];
    const double sigma_next = sigmas[i + 1];
    const double alpha = path_alpha(options.path, sigma);
    const double alpha_next = path_alpha(options.path, sigma_next);
    const double r = sigma_next * alpha / (sigma * alpha_next);
    const double fresh = options.eta * sigma_next * std::sqrt(1 - r * r);
    const double kept = std::sqrt(std::max(0.0, sigma_next * sigma_next - fresh * fresh));

    const torch::Tensor denoised = denoise(x, sigma);
    x = denoised * alpha_next + to_noise(denoised, x, alpha, sigma) * kept;
    if (fresh > 0) x = x + noise.normal_like(x) * fresh;
    report_step(on_step, i, sigmas, x, denoised);
  }
  return x;
}

}  // namespace lienzo::diffusion
