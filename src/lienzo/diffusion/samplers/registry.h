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
  torch::Tensor (*run)(const Denoiser& denoise,
                       torch::Tensor x,
                       std::span<const double> sigmas,
                       const SamplerSettings& settings,
                       tensor::NoiseSource& noise,
                       const StepCallback& on_step);
};

/// All samplers, in the order in which to list them.
std::span<const Sampler> samplers();

/// "euler, heun, ddim, dpmpp_2m".
std::string sampler_names();

/// Throws kInvalidInput listing the names.
const Sampler& find_sampler(std::string_view name);

}  // namespace lienzo::diffusion
