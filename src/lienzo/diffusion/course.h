#pragma once

#include <string_view>
#include <vector>

#include "lienzo/diffusion/noise_model.h"
#include "lienzo/diffusion/scheduler_defaults.h"

/// The whole way a sampler takes down a model's table, before any part of it is left out: what
/// diffusers' set_timesteps computes, scheduler class by scheduler class (diffusers 0.42.1).
namespace lienzo::diffusion {

/// The groups of scheduler classes that lay out their steps in the same way.
enum class CourseKind {
  kSigma,      // Euler, Heun, KDPM2, LMS, DPMSolverSDE: any level, x scaled as in k-diffusion
  kMultistep,  // DPMSolverMultistep, UniPC: whole steps, one more laid out than used
  kDiscrete,   // DDIM, DDPM: whole steps
  kPndm,       // PNDM: a list of network calls
  kDistilled,  // LCM, TCD: whole steps picked from the grid of the distillation
};
CourseKind course_kind(std::string_view sampler);

struct Course {
  std::vector<double> asks = {};  // the levels at which the network is asked, in order
  std::vector<double> times =
      {};          // and what time it is told there; empty: as the model computes it
  double end = 0;  // the level to which the last step leads
  /// Whether the state is scaled as in training, x / sqrt(1 + sigma^2), at the start (factor of the
  /// start noise) and at the end (the latents).
  bool scaled_start = false, scaled_end = false;
  std::vector<double> targets =
      {};                     // ddim: where each step leads, if not all lead to the next level
  int stride = 0;             // pndm: training steps per step
  int runge_kutta_calls = 0;  // pndm
};

/// diffusers' way for `sampler`. Throws kInvalidInput for steps that do not fit the table,
/// kUnsupported for an epsilon model that would be asked about pure noise.
Course diffusers_course(std::string_view sampler,
                        int steps,
                        const NoiseModel& model,
                        const SchedulerDefaults& defaults);

/// Along given levels, the last of which is where the last step leads.
Course course_along(std::string_view sampler, std::vector<double> sigmas);

/// sigma of training step `t`; that of pure noise is finite and so large that nothing shows.
double discrete_sigma(const NoiseModel& model, int t);

/// The calls of PNDM from call `first` on, each with the move that follows it. The moves depend on
/// where the run starts, as diffusers counts its calls from there.
std::vector<PndmCall> pndm_calls(const Course& course, size_t first, const NoiseModel& model);

}  // namespace lienzo::diffusion
