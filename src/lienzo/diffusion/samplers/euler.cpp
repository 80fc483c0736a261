#include "lienzo/diffusion/samplers/euler.h"

namespace lienzo::diffusion {

torch::Tensor sample_euler(const Denoiser& denoise,
                           torch::Tensor x,
                           std::span<const double> sigmas,
                           const EulerOptions& options,
                           tensor::NoiseSource& noise,
                           const StepCallback& on_step) {
  check_sampler_input(x, sigmas, options.path);
  const torch::NoGradGuard no_grad;
  const size_t steps = sigmas.size() - 1;
  for (size_t i = 0; i < steps; ++i) {
    const double sigma_hat = add_churn(x, sigmas[i], steps, options.churn, options.path, noise);
    const torch::Tensor denoised = denoise(x, sigma_hat);
    x = x + derivative(x, denoised, sigma_hat) * (sigmas[i + 1] - sigma_hat);
    report_step(on_step, i, sigmas, x, denoised);
  }
  return x;
}

}  // namespace lienzo::diffusion
