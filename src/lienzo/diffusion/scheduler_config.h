#pragma once

#include <string>

#include "lienzo/base/json.h"
#include "lienzo/diffusion/noise_model.h"
#include "lienzo/diffusion/scheduler_defaults.h"

namespace lienzo::diffusion {

/// A diffusers scheduler configuration: the noise model it implies, and how to sample it.
struct SchedulerConfig {
  NoiseModel model;
  SchedulerDefaults defaults;
};

/// Reads the object of a scheduler_config.json (parse_python_json). Classes: DDIMScheduler,
/// DDPMScheduler, PNDMScheduler, EulerDiscreteScheduler, EulerAncestralDiscreteScheduler,
/// HeunDiscreteScheduler, KDPM2DiscreteScheduler, KDPM2AncestralDiscreteScheduler,
/// LMSDiscreteScheduler, DPMSolverMultistepScheduler (dpmsolver++ and sde-dpmsolver++, orders 1 to
/// 3), DPMSolverSDEScheduler, UniPCMultistepScheduler, LCMScheduler, TCDScheduler.
///
/// Keys that a class does not use may be there (configurations are handed from class to class) and
/// must still be valid. Throws kInvalidInput for unknown keys and ill-typed values, kUnsupported
/// for another class or a feature we lack; the message names `where`, the key and the value.
SchedulerConfig scheduler_config_from_json(const Json& config, const std::string& where);

/// What diffusers' Stable Diffusion 1 and 2 pipelines make of any configuration when they are
/// built: one step of offset and no clipping.
SchedulerDefaults as_stable_diffusion_pipelines_do(SchedulerDefaults defaults);

/// What the original Stable Diffusion checkpoints, which are one file without a configuration, were
/// published with: betas, PNDM without Runge-Kutta steps, one step of offset, no clipping.
SchedulerConfig stable_diffusion_scheduler(
    Parameterization parameterization = Parameterization::kEpsilon);
/// The same for SDXL: Euler, leading, one step of offset.
SchedulerConfig stable_diffusion_xl_scheduler();

}  // namespace lienzo::diffusion
