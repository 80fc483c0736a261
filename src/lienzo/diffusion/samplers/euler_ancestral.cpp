#include "lienzo/diffusion/samplers/euler_ancestral.h"

#include "lienzo/diffusion/samplers/ancestral.h"
#include "lienzo/tensor/noise.h"

namespace lienzo::diffusion {
namespace {

FlowAncestralStep step_on(NoisePath path, double sigma, double sigma_next, double eta) {
  if (path == NoisePath::kRectifiedFlow) return flow_ancestral_step(sigma, sigma_next, eta);
  const auto [down, up] = ancestral_step(sigma, sigma_next, eta);
  return {.down = down, .kept = 1, .up = up};
}

}  // namespace

torch::Tensor sample_euler_ancestral(const Denoiser& denoise,
                                     torch::Tensor x,
                                     std::span<const double> sigmas,
                                     const EulerAncestralOptions& options,
                                     tensor::NoiseSource& noise,
                                     const StepCallback& on_step) {
  check_sampler_input(x, sigmas, options.path);
  const torch::NoGradGuard no_grad;
  for (size_t i = 0; i + 1 < sigmas.size(); ++i) {
    const auto [down, kept, up] = step_on(options.path, sigmas[i], sigmas[i + 1], options.eta);
    const torch::Tensor denoised = denoise(x, sigmas[i]);
    x = x + derivative(x, denoised, sigmas[i]) * (down - sigmas[i]);
    if (kept != 1) x = x * kept;
    if (up > 0) x = x + noise.normal_like(x) * (options.s_noise * up);
    report_step(on_step, i, sigmas, x, denoised);
  }
  return x;
}

}  // namespace lienzo::diffusion
