#include "lienzo/diffusion/samplers/dpm_2.h"

#include <cmath>

namespace lienzo::diffusion {

torch::Tensor sample_dpm_2(const Denoiser& denoise,
                           torch::Tensor x,
                           std::span<const double> sigmas,
                           const Dpm2Options& options,
                           tensor::NoiseSource& noise,
                           const StepCallback& on_step) {
  constexpr NoisePath kPath = NoisePath::kVarianceExploding;
  check_sampler_input(x, sigmas, kPath);
  const torch::NoGradGuard no_grad;
  const size_t steps = sigmas.size() - 1;
  for (size_t i = 0; i < steps; ++i) {
    const double sigma_next = sigmas[i + 1];
    const double sigma_hat = add_churn(x, sigmas[i], steps, options.churn, kPath, noise);
    const torch::Tensor denoised = denoise(x, sigma_hat);
    torch::Tensor d = derivative(x, denoised, sigma_hat);
    if (sigma_next > 0) {
      const double sigma_mid = std::sqrt(sigma_hat * sigma_next);
      const torch::Tensor x_mid = x + d * (sigma_mid - sigma_hat);
      d = derivative(x_mid, denoise(x_mid, sigma_mid), sigma_mid);
    }
    x = x + d * (sigma_next - sigma_hat);
    report_step(on_step, i, sigmas, x, denoised);
  }
  return x;
}

}  // namespace lienzo::diffusion
