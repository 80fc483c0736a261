#include "lienzo/diffusion/samplers/ddim.h"

#include <algorithm>
#include <cmath>
#include <string>

#include "lienzo/base/error.h"
#include "lienzo/diffusion/parameterization.h"
#include "lienzo/diffusion/samplers/x0_limit.h"
#include "lienzo/tensor/noise.h"

namespace lienzo::diffusion {

torch::Tensor sample_ddim(const Denoiser& denoise,
                          torch::Tensor x,
                          std::span<const double> sigmas,
                          const DdimOptions& options,
                          tensor::NoiseSource& noise,
                          const StepCallback& on_step) {
  check_sampler_input(x, sigmas, options.path);
  if (!options.targets.empty() && options.targets.size() + 1 != sigmas.size()) {
    throw Error(ErrorKind::kInvalidInput,
                "[sampler] ddim needs a target for each of its " +
                    std::to_string(sigmas.size() - 1) + " steps, got " +
                    std::to_string(options.targets.size()));
  }
  const torch::NoGradGuard no_grad;
  for (size_t i = 0; i + 1 < sigmas.size(); ++i) {
    const double sigma = sigmas[i];
    const double target = options.targets.empty() ? sigmas[i + 1] : options.targets[i];
    const double alpha = path_alpha(options.path, sigma);
    const double alpha_target = path_alpha(options.path, target);
    const double r = target * alpha / (sigma * alpha_target);
    const double fresh = options.eta * target * std::sqrt(std::max(0.0, 1 - r * r));
    const double kept = std::sqrt(std::max(0.0, target * target - fresh * fresh));

    const torch::Tensor x0 = denoise(x, sigma);
    const torch::Tensor denoised = limit_x0(x0, options.limit);
    x = denoised * alpha_target + to_noise(x0, x, alpha, sigma) * kept;
    if (fresh > 0) x = x + noise.normal_like(x) * fresh;
    x = taken_for(x, target, sigmas[i + 1]);
    report_step(on_step, i, sigmas, x, denoised);
  }
  return x;
}

}  // namespace lienzo::diffusion
