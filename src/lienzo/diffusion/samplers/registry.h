#pragma once

#include <span>
#include <string>
#include <string_view>

#include "lienzo/diffusion/samplers/step.h"

namespace lienzo::diffusion {

struct Sampler {
  std::string_view name;
  std::string_view summary;  // one line for --help
  int calls_per_step;        // denoiser calls, for time estimates
  bool flow;                 // also on NoisePath::kRectifiedFlow; others throw kUnsupported there
  bool noisy;                // adds fresh noise unless told otherwise: the result depends on a seed
  torch::Tensor (*run)(const Denoiser& denoise,
                       torch::Tensor x,
                       std::span<const double> sigmas,
                       const SamplerSettings& settings,
                       tensor::NoiseSource& noise,
                       const StepCallback& on_step);
};

/// All samplers, in the order in which to list them.
std::span<const Sampler> samplers();

/// "euler, heun, ...".
std::string sampler_names();

/// Throws kInvalidInput listing the names, with the nearest. See sampler_names.h for the names of
/// other programs.
const Sampler& find_sampler(std::string_view name);

}  // namespace lienzo::diffusion
