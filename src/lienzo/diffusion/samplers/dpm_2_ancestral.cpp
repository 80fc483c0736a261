#include "lienzo/diffusion/samplers/dpm_2_ancestral.h"

#include <cmath>

#include "lienzo/diffusion/samplers/ancestral.h"
#include "lienzo/tensor/noise.h"

namespace lienzo::diffusion {
namespace {

constexpr double kHair = 1e-12;

}  // namespace

torch::Tensor sample_dpm_2_ancestral(const Denoiser& denoise,
                                     torch::Tensor x,
                                     std::span<const double> sigmas,
                                     const Dpm2AncestralOptions& options,
                                     tensor::NoiseSource& noise,
                                     const StepCallback& on_step) {
  check_sampler_input(x, sigmas, NoisePath::kVarianceExploding);
  const torch::NoGradGuard no_grad;
  for (size_t i = 0; i + 1 < sigmas.size(); ++i) {
    const double sigma = sigmas[i];
    const auto [down, up] = ancestral_step(sigma, sigmas[i + 1], options.eta);
    const torch::Tensor denoised = denoise(x, sigma);
    torch::Tensor d = derivative(x, denoised, sigma);
    if (down > 0) {
      // With eta = 1 this is the next level. A hair below it, so that the network is told the time
      // of this level, also when a plan has pinned another time to the next one.
      const double sigma_mid = std::sqrt(sigma * down) * (1 - kHair);
      const torch::Tensor x_mid = x + d * (sigma_mid - sigma);
      d = derivative(x_mid, denoise(x_mid, sigma_mid), sigma_mid);
    }
    x = x + d * (down - sigma);
    if (up > 0) x = x + noise.normal_like(x) * (options.s_noise * up);
    report_step(on_step, i, sigmas, x, denoised);
  }
  return x;
}

}  // namespace lienzo::diffusion
