#include "lienzo/diffusion/samplers/registry.h"

#include <array>
#include <utility>

#include "lienzo/base/error.h"
#include "lienzo/diffusion/samplers/ddim.h"
#include "lienzo/diffusion/samplers/dpmpp_2m.h"
#include "lienzo/diffusion/samplers/euler.h"
#include "lienzo/diffusion/samplers/heun.h"

namespace lienzo::diffusion {
namespace {

using torch::Tensor;
using Sigmas = std::span<const double>;

Tensor run_euler(const Denoiser& denoise,
                 Tensor x,
                 Sigmas sigmas,
                 const SamplerSettings& settings,
                 tensor::NoiseSource& noise,
                 const StepCallback& on_step) {
  return sample_euler(
      denoise, std::move(x), sigmas, {settings.path, settings.churn}, noise, on_step);
}

Tensor run_heun(const Denoiser& denoise,
                Tensor x,
                Sigmas sigmas,
                const SamplerSettings& settings,
                tensor::NoiseSource& noise,
                const StepCallback& on_step) {
  return sample_heun(
      denoise, std::move(x), sigmas, {settings.path, settings.churn}, noise, on_step);
}

Tensor run_ddim(const Denoiser& denoise,
                Tensor x,
                Sigmas sigmas,
                const SamplerSettings& settings,
                tensor::NoiseSource& noise,
                const StepCallback& on_step) {
  return sample_ddim(
      denoise, std::move(x), sigmas, {settings.path, settings.eta.value_or(0)}, noise, on_step);
}

Tensor run_dpmpp_2m(const Denoiser& denoise,
                    Tensor x,
                    Sigmas sigmas,
                    const SamplerSettings& settings,
                    tensor::NoiseSource& noise,
                    const StepCallback& on_step) {
  return sample_dpmpp_2m(denoise, std::move(x), sigmas, {settings.path}, noise, on_step);
}

constexpr std::array<Sampler, 4> kSamplers = {{
    {"euler", "first order, plain and robust; the usual choice for flow models", 1, run_euler},
    {"heun", "second order, two network calls a step", 2, run_heun},
    {"ddim", "first order, with optional fresh noise (eta)", 1, run_ddim},
    {"dpmpp_2m", "second order multistep; good with few steps", 1, run_dpmpp_2m},
}};

}  // namespace

std::span<const Sampler> samplers() { return kSamplers; }

std::string sampler_names() {
  std::string names;
  for (const Sampler& sampler : kSamplers)
    names += (names.empty() ? "" : ", ") + std::string(sampler.name);
  return names;
}

const Sampler& find_sampler(std::string_view name) {
  for (const Sampler& sampler : kSamplers) {
    if (sampler.name == name) return sampler;
  }
  throw Error(
      ErrorKind::kInvalidInput,
      "[sampler] unknown sampler '" + std::string(name) + "', expected one of: " + sampler_names());
}

}  // namespace lienzo::diffusion
