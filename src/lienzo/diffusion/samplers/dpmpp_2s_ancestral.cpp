#include "lienzo/diffusion/samplers/dpmpp_2s_ancestral.h"

#include <cmath>

#include "lienzo/diffusion/samplers/ancestral.h"
#include "lienzo/tensor/noise.h"

namespace lienzo::diffusion {

torch::Tensor sample_dpmpp_2s_ancestral(const Denoiser& denoise,
                                        torch::Tensor x,
                                        std::span<const double> sigmas,
                                        const Dpmpp2sAncestralOptions& options,
                                        tensor::NoiseSource& noise,
                                        const StepCallback& on_step) {
  check_sampler_input(x, sigmas, NoisePath::kVarianceExploding);
  const torch::NoGradGuard no_grad;
  for (size_t i = 0; i + 1 < sigmas.size(); ++i) {
    const double sigma = sigmas[i];
    const auto [down, up] = ancestral_step(sigma, sigmas[i + 1], options.eta);
    const torch::Tensor denoised = denoise(x, sigma);
    torch::Tensor target = denoised;
    if (down > 0) {
      const double sigma_mid = std::sqrt(sigma * down);
      target = denoise(exponential_step(x, denoised, sigma, sigma_mid), sigma_mid);
    }
    x = exponential_step(x, target, sigma, down);
    if (up > 0) x = x + noise.normal_like(x) * (options.s_noise * up);
    report_step(on_step, i, sigmas, x, denoised);
  }
  return x;
}

}  // namespace lienzo::diffusion
