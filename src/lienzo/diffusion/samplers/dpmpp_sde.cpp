#include "lienzo/diffusion/samplers/dpmpp_sde.h"

#include <cmath>

#include "lienzo/diffusion/samplers/ancestral.h"
#include "lienzo/diffusion/samplers/sde_noise.h"

namespace lienzo::diffusion {
namespace {

constexpr double kMiddle = 0.5;  // where in a step the second call is made, in ln sigma

// The level after `share` of the step as the reference computes it, through the logarithm in single
// precision: for the ends of the noise, where the last bits matter.
double level_by_reference(double sigma, double sigma_next, double share) {
  const torch::Tensor t = torch::tensor({sigma, sigma_next}, torch::kFloat).log().neg();
  return (t[0] + (t[1] - t[0]) * share).neg().exp().item<double>();
}

}  // namespace

torch::Tensor sample_dpmpp_sde(const Denoiser& denoise,
                               torch::Tensor x,
                               std::span<const double> sigmas,
                               const DpmppSdeOptions& options,
                               tensor::NoiseSource& noise,
                               const StepCallback& on_step) {
  check_sampler_input(x, sigmas, NoisePath::kVarianceExploding);
  const torch::NoGradGuard no_grad;
  SdeNoiseSampler draw(options.sde, x, sigmas, noise);
  for (size_t i = 0; i + 1 < sigmas.size(); ++i) {
    const double sigma = sigmas[i], sigma_next = sigmas[i + 1];
    // To the level `to`, which is `share` of the way to the next one.
    const auto moved = [&](const torch::Tensor& target, double to, double share) {
      const auto [down, up] = ancestral_step(sigma, to, options.eta);
      torch::Tensor calm = exponential_step(x, target, sigma, down);
      if (up == 0) return calm;
      const torch::Tensor fresh = draw(x,
                                       level_by_reference(sigma, sigma_next, 0),
                                       level_by_reference(sigma, sigma_next, share));
      return calm + fresh * (options.s_noise * up);
    };
    const torch::Tensor denoised = denoise(x, sigma);
    torch::Tensor target = denoised;
    if (sigma_next > 0) {
      const double sigma_mid = std::sqrt(sigma * sigma_next);
      target = denoise(moved(denoised, sigma_mid, kMiddle), sigma_mid);
    }
    x = moved(target, sigma_next, 1);
    report_step(on_step, i, sigmas, x, denoised);
  }
  return x;
}

}  // namespace lienzo::diffusion
