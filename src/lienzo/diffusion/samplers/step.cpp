#include "lienzo/diffusion/samplers/step.h"

#include <algorithm>
#include <cmath>
#include <string>

#include "lienzo/base/error.h"
#include "lienzo/tensor/noise.h"

namespace lienzo::diffusion {

void check_sampler_input(const torch::Tensor& x, std::span<const double> sigmas, NoisePath path) {
  const auto refuse = [](const std::string& what) {
    throw Error(ErrorKind::kInvalidInput, "[sampler] " + what);
  };
  if (!x.defined() || x.dim() < 1 || !x.is_floating_point()) {
    refuse("the start must be a floating point tensor (B, ...)");
  }
  if (sigmas.size() < 2) refuse("at least one step, that is two noise levels, is needed");
  if (path == NoisePath::kRectifiedFlow && sigmas[0] > 1) {
    refuse("a flow starts at 1 at most, got " + std::to_string(sigmas[0]) +
           "; is this schedule for another model?");
  }
  for (size_t i = 0; i < sigmas.size(); ++i) {
    const bool last = i + 1 == sigmas.size();
    if (!std::isfinite(sigmas[i]) || sigmas[i] < 0 || (sigmas[i] == 0 && !last) ||
        (i > 0 && (last ? sigmas[i] > sigmas[i - 1] : sigmas[i] >= sigmas[i - 1]))) {
      refuse("noise levels must be positive (the last may be 0) and strictly descending, got " +
             std::to_string(sigmas[i]) + " at position " + std::to_string(i));
    }
  }
}

double add_churn(torch::Tensor& x,
                 double sigma,
                 size_t steps,
                 const ChurnOptions& options,
                 NoisePath path,
                 tensor::NoiseSource& noise) {
  if (sigma < options.s_tmin || sigma > options.s_tmax) return sigma;
  const double gamma = std::min(options.s_churn / static_cast<double>(steps), std::sqrt(2.0) - 1);
  const double alpha = path_alpha(path, sigma);
  if (gamma <= 0 || alpha <= 0) return sigma;
  double sigma_hat = sigma * (1 + gamma);
  if (path == NoisePath::kRectifiedFlow) sigma_hat = std::min(sigma_hat, 1.0);
  const double ratio = path_alpha(path, sigma_hat) / alpha;
  const double kept = ratio * sigma;
  x = x * ratio +
      noise.normal_like(x) * (options.s_noise * std::sqrt(sigma_hat * sigma_hat - kept * kept));
  return sigma_hat;
}

torch::Tensor derivative(const torch::Tensor& x, const torch::Tensor& denoised, double sigma) {
  return (x - denoised) / sigma;
}

torch::Tensor exponential_step(const torch::Tensor& x,
                               const torch::Tensor& denoised,
                               double sigma,
                               double sigma_next) {
  const double ratio = sigma_next / sigma;
  return x * ratio + denoised * (1 - ratio);
}

torch::Tensor taken_for(const torch::Tensor& x, double from, double to) {
  return from == to ? x : x * std::sqrt((1 + to * to) / (1 + from * from));
}

void report_step(const StepCallback& on_step,
                 size_t index,
                 std::span<const double> sigmas,
                 torch::Tensor& x,
                 const torch::Tensor& denoised) {
  if (!on_step) return;
  const int step = static_cast<int>(index) + 1;
  const int total = static_cast<int>(sigmas.size()) - 1;
  if (!on_step({step, total, sigmas[index], sigmas[index + 1], x, denoised})) {
    throw Error(
        ErrorKind::kCancelled,
        "[sampler] cancelled after step " + std::to_string(step) + " of " + std::to_string(total));
  }
}

}  // namespace lienzo::diffusion
