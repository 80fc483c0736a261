#include "lienzo/diffusion/samplers/heun.h"

#include "lienzo/diffusion/samplers/x0_limit.h"

namespace lienzo::diffusion {

torch::Tensor sample_heun(const Denoiser& denoise,
                          torch::Tensor x,
                          std::span<const double> sigmas,
                          const HeunOptions& options,
                          tensor::NoiseSource& noise,
                          const StepCallback& on_step) {
  check_sampler_input(x, sigmas, options.path);
  const torch::NoGradGuard no_grad;
  const size_t steps = sigmas.size() - 1;
  for (size_t i = 0; i < steps; ++i) {
    const double sigma_next = sigmas[i + 1];
    const double sigma_hat = add_churn(x, sigmas[i], steps, options.churn, options.path, noise);
    const torch::Tensor denoised = limit_x0(denoise(x, sigma_hat), options.limit);
    const torch::Tensor d = derivative(x, denoised, sigma_hat);
    const torch::Tensor x_euler = x + d * (sigma_next - sigma_hat);
    if (sigma_next == 0) {  // the second slope would divide by zero
      x = x_euler;
    } else {
      const torch::Tensor denoised_next = limit_x0(denoise(x_euler, sigma_next), options.limit);
      const torch::Tensor d_next = derivative(x_euler, denoised_next, sigma_next);
      x = x + (d + d_next) * (0.5 * (sigma_next - sigma_hat));
    }
    report_step(on_step, i, sigmas, x, denoised);
  }
  return x;
}

}  // namespace lienzo::diffusion
