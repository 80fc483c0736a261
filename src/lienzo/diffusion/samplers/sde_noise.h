#pragma once

#include <torch/types.h>

#include <optional>
#include <span>

#include "lienzo/diffusion/samplers/settings.h"
#include "lienzo/tensor/brownian_tree.h"

namespace lienzo::diffusion {

/// The noise of an SDE sampler's steps, of deviation 1: the increment of a Brownian path in sigma
/// over the step, divided by the root of its length, as crowsonkb/k-diffusion sampling.py
/// BrownianTreeNoiseSampler; or just the next numbers.
class SdeNoiseSampler {
 public:
  /// `sigmas` are the levels of the run. The path has the seeds of `noise` unless `options` has
  /// one.
  SdeNoiseSampler(const SdeNoiseOptions& options,
                  const torch::Tensor& x,
                  std::span<const double> sigmas,
                  tensor::NoiseSource& noise);

  /// For the step from sigma to sigma_next < sigma, in the shape, type and device of x (B, ...).
  torch::Tensor operator()(const torch::Tensor& x, double sigma, double sigma_next);

 private:
  tensor::NoiseSource& noise_;
  std::optional<tensor::BrownianTree> tree_;  // empty: sequential
};

}  // namespace lienzo::diffusion
