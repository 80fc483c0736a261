#pragma once

#include <torch/types.h>

#include <functional>

/// The space in which samplers work.
///
/// A sampler holds a state x = alpha(sigma) * x0 + sigma * noise and lowers sigma from step to
/// step. Two paths exist, told apart only by alpha:
///   variance exploding  alpha = 1          sigma in (0, inf)   epsilon and v models (k-diffusion's
///   space) rectified flow      alpha = 1 - sigma  sigma = t in (0, 1] flow models
/// On both the direction of the probability flow is dx/dsigma = (x - x0) / sigma: on the first it
/// is the predicted noise, on the second the velocity noise - x0. Euler and Heun are therefore one
/// and the same code; fresh noise and the exponential integrators ask for alpha. Flow is not
/// rescaled to the first path, since sigma / alpha is infinite at t = 1, where sampling starts.
namespace lienzo::diffusion {

enum class NoisePath { kVarianceExploding, kRectifiedFlow };

/// The factor of the clean picture at noise level `sigma`; 1 or 1 - sigma.
double path_alpha(NoisePath path, double sigma);

/// Predicts the clean x0 from x (B, ...) at noise level `sigma`, both in the sampler's space above.
using Denoiser = std::function<torch::Tensor(const torch::Tensor& x, double sigma)>;

/// The raw network: x (B, ...) as it saw it in training, time (B) float -> output of the shape of
/// x.
using Network = std::function<torch::Tensor(const torch::Tensor& x, const torch::Tensor& time)>;

}  // namespace lienzo::diffusion
