#include "lienzo/diffusion/samplers/dpmpp_multistep.h"

#include <algorithm>
#include <cmath>
#include <deque>
#include <optional>
#include <string>

#include "lienzo/base/error.h"
#include "lienzo/diffusion/samplers/sde_noise.h"
#include "lienzo/diffusion/samplers/x0_limit.h"

namespace lienzo::diffusion {
namespace {

void check_options(const DpmppMultistepOptions& options) {
  constexpr int kHighestOrder = 3;
  if (options.order < 1 || options.order > kHighestOrder) {
    throw Error(ErrorKind::kInvalidInput,
                "[sampler] dpmpp has orders 1 to 3, got " + std::to_string(options.order));
  }
  if (options.solver != SolverType::kMidpoint && options.solver != SolverType::kHeun) {
    throw Error(ErrorKind::kInvalidInput,
                "[sampler] the solver of dpmpp is midpoint or heun; bh1 and bh2 are unipc's");
  }
}

// Half the log signal-to-noise ratio; -inf at the pure noise of a flow, inf at 0.
double lambda(NoisePath path, double sigma) { return std::log(path_alpha(path, sigma) / sigma); }

// phi of the exponential integrators, (e^-h - 1) / h + 1.
double phi_2(double h) { return std::expm1(-h) / h + 1; }

// What is added to the first-order target: differences of past predictions (the latest first),
// weighted for a step of length `h` after steps of lengths `past`; `damped` is (1 + eta) h.
torch::Tensor correction(const std::deque<torch::Tensor>& x0,
                         const std::deque<double>& past,
                         double h,
                         double damped,
                         size_t order,
                         const DpmppMultistepOptions& options) {
  const double r0 = past[0] / h;
  const torch::Tensor difference = (x0[0] - x0[1]) / r0;
  if (order == 2) {
    return difference *
           (options.solver == SolverType::kHeun ? phi_2(damped) : -0.5 * std::expm1(-damped));
  }
  const double r1 = past[1] / h;
  const torch::Tensor curve = (difference - (x0[1] - x0[2]) / r1) / (r0 + r1);
  const double half = options.diffusers_third_order && options.eta > 0 ? -0.5 : 0.5;
  return (difference + curve * r0) * phi_2(damped) + curve * (half - phi_2(damped) / damped);
}

}  // namespace

torch::Tensor sample_dpmpp_multistep(const Denoiser& denoise,
                                     torch::Tensor x,
                                     std::span<const double> sigmas,
                                     const DpmppMultistepOptions& options,
                                     tensor::NoiseSource& noise,
                                     const StepCallback& on_step) {
  check_sampler_input(x, sigmas, options.path);
  check_options(options);
  const torch::NoGradGuard no_grad;
  std::optional<SdeNoiseSampler> draw;
  if (options.eta > 0) draw.emplace(options.sde, x, sigmas, noise);

  const size_t steps = sigmas.size() - 1;
  std::deque<torch::Tensor> x0;  // predictions, the latest first
  std::deque<double> past;       // lengths of past steps in lambda, the latest first
  for (size_t i = 0; i < steps; ++i) {
    const double sigma = sigmas[i], sigma_next = sigmas[i + 1];
    x0.push_front(limit_x0(denoise(x, sigma), options.limit));
    if (x0.size() > static_cast<size_t>(options.order)) x0.pop_back();
    if (sigma_next == 0) {
      x = x0[0];
    } else if (sigma_next < sigma) {
      size_t order = x0.size();
      if (i + 1 == steps && options.lower_order_last) order = 1;
      if (i + 2 == steps && options.lower_order_before_last) order = std::min<size_t>(order, 2);
      const double alpha_next = path_alpha(options.path, sigma_next);
      const double h = lambda(options.path, sigma_next) - lambda(options.path, sigma);
      const double damped = (1 + options.eta) * h;
      torch::Tensor change = x0[0] * -std::expm1(-damped);
      if (order > 1) change = change + correction(x0, past, h, damped, order, options);
      // h may be infinite, and 0 * inf is not a number.
      const double kept = options.eta > 0 ? std::exp(-options.eta * h) : 1;
      x = x * (sigma_next / sigma * kept) + change * alpha_next;
      if (options.eta > 0) {
        const double deviation = sigma_next * std::sqrt(-std::expm1(-2 * options.eta * h));
        x = x + (*draw)(x, sigma, sigma_next) * (options.s_noise * deviation);
      }
      past.push_front(h);
    }
    report_step(on_step, i, sigmas, x, x0[0]);
  }
  return x;
}

}  // namespace lienzo::diffusion
