#include "lienzo/diffusion/samplers/registry.h"

#include <array>
#include <utility>
#include <vector>

#include "lienzo/base/error.h"
#include "lienzo/diffusion/samplers/ddim.h"
#include "lienzo/diffusion/samplers/ddpm.h"
#include "lienzo/diffusion/samplers/dpm_2.h"
#include "lienzo/diffusion/samplers/dpm_2_ancestral.h"
#include "lienzo/diffusion/samplers/dpmpp_2s_ancestral.h"
#include "lienzo/diffusion/samplers/dpmpp_multistep.h"
#include "lienzo/diffusion/samplers/dpmpp_sde.h"
#include "lienzo/diffusion/samplers/euler.h"
#include "lienzo/diffusion/samplers/euler_ancestral.h"
#include "lienzo/diffusion/samplers/heun.h"
#include "lienzo/diffusion/samplers/lcm.h"
#include "lienzo/diffusion/samplers/lms.h"
#include "lienzo/diffusion/samplers/pndm.h"
#include "lienzo/diffusion/samplers/tcd.h"
#include "lienzo/diffusion/samplers/unipc.h"
#include "lienzo/diffusion/unknown_name.h"

namespace lienzo::diffusion {
namespace {

using torch::Tensor;
using Sigmas = std::span<const double>;
using Settings = SamplerSettings;
using Noise = tensor::NoiseSource;

void refuse_flow(const Settings& settings, std::string_view name) {
  if (settings.path == NoisePath::kVarianceExploding) return;
  std::string others;
  for (const Sampler& sampler : samplers()) {
    if (sampler.flow) others += (others.empty() ? "" : ", ") + std::string(sampler.name);
  }
  throw Error(
      ErrorKind::kUnsupported,
      "[sampler] " + std::string(name) + " does not work with flow models; use one of: " + others);
}

Tensor run_euler(const Denoiser& denoise,
                 Tensor x,
                 Sigmas sigmas,
                 const Settings& settings,
                 Noise& noise,
                 const StepCallback& on_step) {
  return sample_euler(
      denoise, std::move(x), sigmas, {settings.path, settings.churn}, noise, on_step);
}

Tensor run_euler_ancestral(const Denoiser& denoise,
                           Tensor x,
                           Sigmas sigmas,
                           const Settings& settings,
                           Noise& noise,
                           const StepCallback& on_step) {
  return sample_euler_ancestral(denoise,
                                std::move(x),
                                sigmas,
                                {settings.path, settings.eta.value_or(1), settings.s_noise},
                                noise,
                                on_step);
}

Tensor run_heun(const Denoiser& denoise,
                Tensor x,
                Sigmas sigmas,
                const Settings& settings,
                Noise& noise,
                const StepCallback& on_step) {
  return sample_heun(denoise,
                     std::move(x),
                     sigmas,
                     {settings.path, settings.churn, settings.limit},
                     noise,
                     on_step);
}

Tensor run_dpm_2(const Denoiser& denoise,
                 Tensor x,
                 Sigmas sigmas,
                 const Settings& settings,
                 Noise& noise,
                 const StepCallback& on_step) {
  refuse_flow(settings, "dpm_2");
  return sample_dpm_2(denoise, std::move(x), sigmas, {settings.churn}, noise, on_step);
}

Tensor run_dpm_2_ancestral(const Denoiser& denoise,
                           Tensor x,
                           Sigmas sigmas,
                           const Settings& settings,
                           Noise& noise,
                           const StepCallback& on_step) {
  refuse_flow(settings, "dpm_2_ancestral");
  return sample_dpm_2_ancestral(
      denoise, std::move(x), sigmas, {settings.eta.value_or(1), settings.s_noise}, noise, on_step);
}

Tensor run_dpmpp_2s_ancestral(const Denoiser& denoise,
                              Tensor x,
                              Sigmas sigmas,
                              const Settings& settings,
                              Noise& noise,
                              const StepCallback& on_step) {
  refuse_flow(settings, "dpmpp_2s_ancestral");
  return sample_dpmpp_2s_ancestral(
      denoise, std::move(x), sigmas, {settings.eta.value_or(1), settings.s_noise}, noise, on_step);
}

Tensor run_dpmpp_sde(const Denoiser& denoise,
                     Tensor x,
                     Sigmas sigmas,
                     const Settings& settings,
                     Noise& noise,
                     const StepCallback& on_step) {
  refuse_flow(settings, "dpmpp_sde");
  const DpmppSdeOptions options{
      .eta = settings.eta.value_or(1), .s_noise = settings.s_noise, .sde = settings.sde};
  return sample_dpmpp_sde(denoise, std::move(x), sigmas, options, noise, on_step);
}

template <int kOrder, int kEta, SolverType kSolver>
Tensor run_dpmpp(const Denoiser& denoise,
                 Tensor x,
                 Sigmas sigmas,
                 const Settings& settings,
                 Noise& noise,
                 const StepCallback& on_step) {
  const DpmppMultistepOptions options{.path = settings.path,
                                      .order = settings.order.value_or(kOrder),
                                      .eta = kEta == 0 ? 0 : settings.eta.value_or(kEta),
                                      .s_noise = settings.s_noise,
                                      .solver = settings.solver.value_or(kSolver),
                                      .limit = settings.limit,
                                      .lower_order_last = settings.lower_order_last,
                                      .lower_order_before_last = settings.lower_order_before_last,
                                      .diffusers_third_order = settings.diffusers_third_order,
                                      .sde = settings.sde};
  return sample_dpmpp_multistep(denoise, std::move(x), sigmas, options, noise, on_step);
}

Tensor run_unipc(const Denoiser& denoise,
                 Tensor x,
                 Sigmas sigmas,
                 const Settings& settings,
                 Noise& noise,
                 const StepCallback& on_step) {
  refuse_flow(settings, "unipc");
  const UniPcOptions options{.order = settings.order.value_or(2),
                             .solver = settings.solver.value_or(SolverType::kBh2),
                             .lower_order_final = settings.lower_order_final,
                             .limit = settings.limit};
  return sample_unipc(denoise, std::move(x), sigmas, options, noise, on_step);
}

Tensor run_lms(const Denoiser& denoise,
               Tensor x,
               Sigmas sigmas,
               const Settings& settings,
               Noise& noise,
               const StepCallback& on_step) {
  return sample_lms(
      denoise, std::move(x), sigmas, {settings.path, settings.order.value_or(4)}, noise, on_step);
}

Tensor run_ddim(const Denoiser& denoise,
                Tensor x,
                Sigmas sigmas,
                const Settings& settings,
                Noise& noise,
                const StepCallback& on_step) {
  return sample_ddim(denoise,
                     std::move(x),
                     sigmas,
                     {settings.path, settings.eta.value_or(0), settings.limit, settings.targets},
                     noise,
                     on_step);
}

Tensor run_ddpm(const Denoiser& denoise,
                Tensor x,
                Sigmas sigmas,
                const Settings& settings,
                Noise& noise,
                const StepCallback& on_step) {
  refuse_flow(settings, "ddpm");
  return sample_ddpm(denoise, std::move(x), sigmas, {settings.limit}, noise, on_step);
}

Tensor run_pndm(const Denoiser& denoise,
                Tensor x,
                Sigmas sigmas,
                const Settings& settings,
                Noise& noise,
                const StepCallback& on_step) {
  refuse_flow(settings, "pndm");
  return sample_pndm(denoise,
                     std::move(x),
                     sigmas,
                     {settings.parameterization, settings.pndm_calls, settings.runge_kutta_calls},
                     noise,
                     on_step);
}

Tensor run_lcm(const Denoiser& denoise,
               Tensor x,
               Sigmas sigmas,
               const Settings& settings,
               Noise& noise,
               const StepCallback& on_step) {
  return sample_lcm(denoise,
                    std::move(x),
                    sigmas,
                    {settings.path, settings.limit, settings.times, settings.timestep_scaling},
                    noise,
                    on_step);
}

Tensor run_tcd(const Denoiser& denoise,
               Tensor x,
               Sigmas sigmas,
               const Settings& settings,
               Noise& noise,
               const StepCallback& on_step) {
  refuse_flow(settings, "tcd");
  return sample_tcd(denoise, std::move(x), sigmas, {settings.middles}, noise, on_step);
}

constexpr SolverType kMidpoint = SolverType::kMidpoint, kHeun = SolverType::kHeun;

// name, summary, calls per step, flow, noisy, run
constexpr std::array<Sampler, 19> kSamplers = {{
    {"euler",
     "first order, plain and robust; the usual choice for flow models",
     1,
     true,
     false,
     run_euler},
    {"euler_ancestral",
     "first order with fresh noise at every step; for Turbo models too",
     1,
     true,
     true,
     run_euler_ancestral},
    {"heun", "second order, two network calls a step", 2, true, false, run_heun},
    {"dpm_2", "second order, two network calls a step", 2, false, false, run_dpm_2},
    {"dpm_2_ancestral", "dpm_2 with fresh noise", 2, false, true, run_dpm_2_ancestral},
    {"dpmpp_2s_ancestral",
     "second order with fresh noise, two network calls a step",
     2,
     false,
     true,
     run_dpmpp_2s_ancestral},
    {"dpmpp_sde",
     "second order for the noisy process, two network calls a step",
     2,
     false,
     true,
     run_dpmpp_sde},
    {"dpmpp_2m",
     "second order multistep; good with few steps",
     1,
     true,
     false,
     run_dpmpp<2, 0, kMidpoint>},
    {"dpmpp_2m_sde",
     "second order multistep for the noisy process",
     1,
     true,
     true,
     run_dpmpp<2, 1, kMidpoint>},
    {"dpmpp_2m_sde_heun",
     "dpmpp_2m_sde with another second-order term",
     1,
     true,
     true,
     run_dpmpp<2, 1, kHeun>},
    {"dpmpp_3m", "third order multistep", 1, true, false, run_dpmpp<3, 0, kMidpoint>},
    {"dpmpp_3m_sde",
     "third order multistep for the noisy process; for many steps",
     1,
     true,
     true,
     run_dpmpp<3, 1, kHeun>},
    {"unipc", "multistep with a corrector; good with few steps", 1, false, false, run_unipc},
    {"lms", "linear multistep of order 4", 1, true, false, run_lms},
    {"ddim", "first order, with optional fresh noise (eta)", 1, true, false, run_ddim},
    {"ddpm", "the process the model was trained on; for very many steps", 1, false, true, run_ddpm},
    {"pndm",
     "fourth order multistep, PLMS; one network call more than steps",
     1,
     false,
     false,
     run_pndm},
    {"lcm", "for latent consistency models and LCM-LoRA, 1 to 8 steps", 1, true, true, run_lcm},
    {"tcd",
     "for trajectory consistency models (TCD, Hyper-SD), 1 to 8 steps",
     1,
     false,
     true,
     run_tcd},
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
  std::vector<std::string> known;
  for (const Sampler& sampler : kSamplers) {
    if (sampler.name == name) return sampler;
    known.emplace_back(sampler.name);
  }
  refuse_unknown_name("sampler", "sampler", name, known);
}

}  // namespace lienzo::diffusion
