#include "lienzo/diffusion/samplers/tcd.h"

#include <cmath>
#include <string>

#include "lienzo/base/error.h"
#include "lienzo/tensor/noise.h"

namespace lienzo::diffusion {

torch::Tensor sample_tcd(const Denoiser& denoise,
                         torch::Tensor x,
                         std::span<const double> sigmas,
                         const TcdOptions& options,
                         tensor::NoiseSource& noise,
                         const StepCallback& on_step) {
  check_sampler_input(x, sigmas, NoisePath::kVarianceExploding);
  if (options.middles.size() + 1 != sigmas.size()) {
    throw Error(ErrorKind::kInvalidInput,
                "[sampler] tcd needs a middle level for each of its " +
                    std::to_string(sigmas.size() - 1) + " steps, got " +
                    std::to_string(options.middles.size()));
  }
  const torch::NoGradGuard no_grad;
  for (size_t i = 0; i + 1 < sigmas.size(); ++i) {
    const double sigma_next = sigmas[i + 1];
    const double middle = options.middles[i];
    if (!(middle >= 0) || middle > sigma_next) {
      throw Error(
          ErrorKind::kInvalidInput,
          "[sampler] the middle level of a tcd step must lie between 0 and the next level, " +
              std::to_string(sigma_next) + ", got " + std::to_string(middle));
    }
    const torch::Tensor denoised = denoise(x, sigmas[i]);
    x = denoised + derivative(x, denoised, sigmas[i]) * middle;
    if (middle < sigma_next) {
      x = x + noise.normal_like(x) * std::sqrt(sigma_next * sigma_next - middle * middle);
    }
    report_step(on_step, i, sigmas, x, denoised);
  }
  return x;
}

}  // namespace lienzo::diffusion
