#include "lienzo/diffusion/samplers/dpmpp_2m.h"

#include <cmath>

namespace lienzo::diffusion {

torch::Tensor sample_dpmpp_2m(const Denoiser& denoise,
                              torch::Tensor x,
                              std::span<const double> sigmas,
                              const Dpmpp2mOptions& options,
                              tensor::NoiseSource& /*noise*/,
                              const StepCallback& on_step) {
  check_sampler_input(x, sigmas, options.path);
  const torch::NoGradGuard no_grad;
  // lambda = ln(alpha / sigma); -inf at the pure noise of a flow.
  const auto lambda = [&](double sigma) {
    return std::log(path_alpha(options.path, sigma) / sigma);
  };
  torch::Tensor previous;
  for (size_t i = 0; i + 1 < sigmas.size(); ++i) {
    const double sigma = sigmas[i];
    const double sigma_next = sigmas[i + 1];
    const double alpha_next = path_alpha(options.path, sigma_next);
    const double exp_minus_h = sigma_next * path_alpha(options.path, sigma) / (sigma * alpha_next);

    const torch::Tensor denoised = denoise(x, sigma);
    torch::Tensor extrapolated = denoised;
    if (i > 0 && sigma_next > 0) {
      // 1 / (2 r) with r = h_last / h; 0 when the last step came from infinity.
      const double half_inverse_r =
          (lambda(sigma_next) - lambda(sigma)) / (2 * (lambda(sigma) - lambda(sigmas[i - 1])));
      extrapolated = denoised * (1 + half_inverse_r) - previous * half_inverse_r;
    }
    x = x * (sigma_next / sigma) + extrapolated * (alpha_next * (1 - exp_minus_h));
    previous = denoised;
    report_step(on_step, i, sigmas, x, denoised);
  }
  return x;
}

}  // namespace lienzo::diffusion
