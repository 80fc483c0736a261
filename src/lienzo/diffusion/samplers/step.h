#pragma once

#include <torch/types.h>

#include <functional>
#include <span>

#include "lienzo/diffusion/denoiser.h"
#include "lienzo/diffusion/samplers/settings.h"

namespace lienzo::tensor {
class NoiseSource;
}

/// What the samplers have in common. They all take
///   x       (B, ...) floating point, at noise level sigmas[0]; the result has its dtype and device
///   sigmas  N + 1 strictly descending levels for N steps; the last may be 0, or equal to the one
///           before it (a step that changes nothing); see schedules.h
///   noise   one row per picture; drawn from only where the method adds fresh noise
/// and throw kInvalidInput for other sigmas, kCancelled when the callback says so.
namespace lienzo::diffusion {

struct StepInfo {
  int step;  // steps finished, 1..total
  int total;
  double sigma;       // the noise level the step started from
  double sigma_next;  // the level of x, where the next step starts
  /// The state after the step. A callback may put another in its place (inpainting), of the same
  /// shape, type and level.
  torch::Tensor& x;
  const torch::Tensor& denoised;  // the step's prediction of x0: what a preview shows
};

/// Called after every step; false cancels. May be empty.
using StepCallback = std::function<bool(const StepInfo&)>;

/// Throws kInvalidInput unless x and sigmas are as described above (on flow also sigmas[0] <= 1).
void check_sampler_input(const torch::Tensor& x, std::span<const double> sigmas, NoisePath path);

/// Raises the noise level of x from `sigma` by fresh noise and returns the new level sigma_hat.
/// Noise is drawn only when the level rises. (k-diffusion and diffusers before 0.35 draw at every
/// step, which shifts their streams.) On flow x is also scaled by alpha(sigma_hat) / alpha(sigma),
/// which keeps it on the path; nothing happens at t = 1.
double add_churn(torch::Tensor& x,
                 double sigma,
                 size_t steps,
                 const ChurnOptions& options,
                 NoisePath path,
                 tensor::NoiseSource& noise);

/// dx/dsigma of the probability flow, (x - x0) / sigma.
torch::Tensor derivative(const torch::Tensor& x, const torch::Tensor& denoised, double sigma);

/// The step from `sigma` to `sigma_next` on the variance exploding path that is exact when x0 is
/// `denoised` throughout: (sigma_next / sigma) x + (1 - sigma_next / sigma) x0.
torch::Tensor exponential_step(const torch::Tensor& x,
                               const torch::Tensor& denoised,
                               double sigma,
                               double sigma_next);

/// A state at level `from` of the variance exploding path, taken for one at level `to` without
/// changing what the network sees, x / sqrt(1 + sigma^2).
torch::Tensor taken_for(const torch::Tensor& x, double from, double to);

/// Tells the callback, throws kCancelled when it returns false. `index` counts from 0.
void report_step(const StepCallback& on_step,
                 size_t index,
                 std::span<const double> sigmas,
                 torch::Tensor& x,
                 const torch::Tensor& denoised);

}  // namespace lienzo::diffusion
