#include "lienzo/diffusion/samplers/unipc.h"

#include <algorithm>
#include <cmath>
#include <deque>
#include <string>
#include <utility>
#include <vector>

#include "lienzo/base/error.h"
#include "lienzo/diffusion/samplers/x0_limit.h"

namespace lienzo::diffusion {
namespace {

// Gaussian elimination with pivoting; at most 4 x 4.
std::vector<double> solve(std::vector<std::vector<double>> a, std::vector<double> b) {
  const size_t n = b.size();
  for (size_t k = 0; k < n; ++k) {
    size_t pivot = k;
    for (size_t i = k + 1; i < n; ++i) {
      if (std::abs(a[i][k]) > std::abs(a[pivot][k])) pivot = i;
    }
    std::swap(a[k], a[pivot]);
    std::swap(b[k], b[pivot]);
    for (size_t i = k + 1; i < n; ++i) {
      const double factor = a[i][k] / a[k][k];
      for (size_t j = k; j < n; ++j) a[i][j] -= factor * a[k][j];
      b[i] -= factor * b[k];
    }
  }
  for (size_t k = n; k-- > 0;) {
    for (size_t j = k + 1; j < n; ++j) b[k] -= a[k][j] * b[j];
    b[k] /= a[k][k];
  }
  return b;
}

// The levels, in -ln sigma, that a step from level 0 to level h looks at.
struct Step {
  double h = 0;
  std::vector<double> r;  // past levels as shares of h (negative), then 1 for the end of the step
  double phi_1 = 0;       // e^-h - 1
  double b_h = 0;         // B(h)
};

// Eq. 7 of the paper: the weights of the first `count` differences, exact for polynomials.
std::vector<double> weights(const Step& step, size_t count) {
  std::vector<std::vector<double>> powers;
  std::vector<double> right;
  double h_phi = step.phi_1 / -step.h - 1;
  double factorial = 1;
  for (size_t k = 0; k < count; ++k) {
    std::vector<double> row;
    for (size_t j = 0; j < count; ++j) row.push_back(std::pow(step.r[j], static_cast<double>(k)));
    powers.push_back(std::move(row));
    right.push_back(h_phi * factorial / step.b_h);
    factorial *= static_cast<double>(k + 2);
    h_phi = h_phi / -step.h - 1 / factorial;
  }
  return solve(std::move(powers), std::move(right));
}

class Solver {
 public:
  Solver(std::span<const double> sigmas, const UniPcOptions& options)
      : sigmas_(sigmas), options_(options) {}

  // From x at level i with the predictions at i, i - 1, ... (the latest first) to level i + 1.
  torch::Tensor predict(const torch::Tensor& x,
                        const std::deque<torch::Tensor>& x0,
                        size_t i,
                        size_t order) const {
    const Step step = step_of(i, order);
    torch::Tensor target = x0[0] * -step.phi_1;
    if (order > 1) {
      const std::vector<double> rho =
          order == 2 ? std::vector<double>{0.5} : weights(step, order - 1);
      for (size_t k = 1; k < order; ++k)
        target = target - (x0[k] - x0[0]) * (step.b_h * rho[k - 1] / step.r[k - 1]);
    }
    return x * (sigmas_[i + 1] / sigmas_[i]) + target;
  }

  // The same step once more, now knowing the prediction `x0_next` at its end.
  torch::Tensor correct(const torch::Tensor& x,
                        const std::deque<torch::Tensor>& x0,
                        const torch::Tensor& x0_next,
                        size_t i,
                        size_t order) const {
    const Step step = step_of(i, order);
    const std::vector<double> rho = order == 1 ? std::vector<double>{0.5} : weights(step, order);
    torch::Tensor target = x0[0] * -step.phi_1;
    for (size_t k = 1; k < order; ++k)
      target = target - (x0[k] - x0[0]) * (step.b_h * rho[k - 1] / step.r[k - 1]);
    target = target - (x0_next - x0[0]) * (step.b_h * rho[order - 1]);
    return x * (sigmas_[i + 1] / sigmas_[i]) + target;
  }

 private:
  Step step_of(size_t i, size_t order) const {
    Step step;
    step.h = std::log(sigmas_[i] / sigmas_[i + 1]);
    for (size_t k = 1; k < order; ++k)
      step.r.push_back(std::log(sigmas_[i] / sigmas_[i - k]) / step.h);
    step.r.push_back(1);
    step.phi_1 = std::expm1(-step.h);
    step.b_h = options_.solver == SolverType::kBh1 ? -step.h : step.phi_1;
    return step;
  }

  std::span<const double> sigmas_;
  const UniPcOptions& options_;
};

void check_options(const UniPcOptions& options) {
  constexpr int kHighestOrder = 4;
  if (options.order < 1 || options.order > kHighestOrder) {
    throw Error(ErrorKind::kInvalidInput,
                "[sampler] unipc has orders 1 to 4, got " + std::to_string(options.order));
  }
  if (options.solver != SolverType::kBh1 && options.solver != SolverType::kBh2) {
    throw Error(ErrorKind::kInvalidInput,
                "[sampler] the solver of unipc is bh1 or bh2; midpoint and heun are dpmpp's");
  }
}

}  // namespace

torch::Tensor sample_unipc(const Denoiser& denoise,
                           torch::Tensor x,
                           std::span<const double> sigmas,
                           const UniPcOptions& options,
                           tensor::NoiseSource& /*noise*/,
                           const StepCallback& on_step) {
  check_sampler_input(x, sigmas, NoisePath::kVarianceExploding);
  check_options(options);
  const torch::NoGradGuard no_grad;
  const Solver solver(sigmas, options);
  const size_t steps = sigmas.size() - 1;
  std::deque<torch::Tensor> x0;  // predictions, the latest first
  torch::Tensor start;           // of the last step, corrected
  size_t order = 0;              // of the last step
  for (size_t i = 0; i < steps; ++i) {
    const torch::Tensor denoised = limit_x0(denoise(x, sigmas[i]), options.limit);
    if (i > 0) x = solver.correct(start, x0, denoised, i - 1, order);
    x0.push_front(denoised);
    if (x0.size() > static_cast<size_t>(options.order)) x0.pop_back();

    start = x;
    order = x0.size();
    if (options.lower_order_final) order = std::min(order, steps - i);
    if (sigmas[i + 1] == 0) {
      x = denoised;
    } else if (sigmas[i + 1] < sigmas[i]) {
      x = solver.predict(start, x0, i, order);
    }
    report_step(on_step, i, sigmas, x, denoised);
  }
  return x;
}

}  // namespace lienzo::diffusion
