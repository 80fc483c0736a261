#include "lienzo/diffusion/samplers/lms.h"

#include <algorithm>
#include <deque>
#include <string>

#include "lienzo/base/error.h"

namespace lienzo::diffusion {
namespace {

// The integral over step i of the polynomial that is 1 at level i - j and 0 at the other last
// `order` levels. Simpson's rule is exact up to degree 3.
double weight(std::span<const double> sigmas, size_t i, size_t j, size_t order) {
  const auto basis = [&](double sigma) {
    double product = 1;
    for (size_t k = 0; k < order; ++k) {
      if (k != j) product *= (sigma - sigmas[i - k]) / (sigmas[i - j] - sigmas[i - k]);
    }
    return product;
  };
  const double from = sigmas[i], to = sigmas[i + 1];
  return (to - from) / 6 * (basis(from) + 4 * basis((from + to) / 2) + basis(to));
}

}  // namespace

torch::Tensor sample_lms(const Denoiser& denoise,
                         torch::Tensor x,
                         std::span<const double> sigmas,
                         const LmsOptions& options,
                         tensor::NoiseSource& /*noise*/,
                         const StepCallback& on_step) {
  check_sampler_input(x, sigmas, options.path);
  constexpr int kHighestOrder = 4;
  if (options.order < 1 || options.order > kHighestOrder) {
    throw Error(ErrorKind::kInvalidInput,
                "[sampler] lms has orders 1 to 4, got " + std::to_string(options.order));
  }
  const torch::NoGradGuard no_grad;
  std::deque<torch::Tensor> slopes;  // the latest first
  for (size_t i = 0; i + 1 < sigmas.size(); ++i) {
    const torch::Tensor denoised = denoise(x, sigmas[i]);
    slopes.push_front(derivative(x, denoised, sigmas[i]));
    if (slopes.size() > static_cast<size_t>(options.order)) slopes.pop_back();
    torch::Tensor change = slopes[0] * weight(sigmas, i, 0, slopes.size());
    for (size_t j = 1; j < slopes.size(); ++j)
      change = change + slopes[j] * weight(sigmas, i, j, slopes.size());
    x = x + change;
    report_step(on_step, i, sigmas, x, denoised);
  }
  return x;
}

}  // namespace lienzo::diffusion
