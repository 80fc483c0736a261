#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "lienzo/diffusion/samplers/settings.h"
#include "lienzo/diffusion/schedules.h"

namespace lienzo::diffusion {

/// What a model's files say about how to sample it: the part of a diffusers scheduler_config.json
/// that is not the noise table (scheduler_config.h reads both). A field that is empty was not in
/// the file; then the sampler does what its diffusers class does by default. So a request may name
/// another sampler than the file, as diffusers' `X.from_config(pipe.scheduler.config)` does.
struct SchedulerDefaults {
  /// A name of samplers/registry.h; used when the request names none.
  std::string sampler = "euler";

  // ---- the levels to visit
  std::optional<TimestepSpacing> spacing = {};
  int steps_offset = 0;  // added to the steps of TimestepSpacing::kLeading
  /// How the levels are spread between the ends; the default visits the timesteps themselves.
  SigmaSpread spread = SigmaSpread::kTimesteps;
  /// Where the last step leads (Euler, DPM++, UniPC); default kZero.
  std::optional<FinalSigma> final_sigma = {};
  /// Whether the last step of ddim and pndm leads to sigma 0 or to the lowest entry of the table.
  /// Default true for ddim, false for pndm.
  std::optional<bool> set_alpha_to_one = {};
  int distillation_steps = 50;  // original_inference_steps: the grid that lcm and tcd pick from
  AlignYourStepsTable align_your_steps = AlignYourStepsTable::kStableDiffusion1;

  // ---- how each sampler steps
  std::optional<double> eta =
      {};  // share of fresh noise, for `sampler` only; default the sampler's
  std::optional<bool> clip_sample = {};  // default true for ddim and ddpm, false for the others
  double clip_sample_range = 1;
  bool thresholding = false;  // dynamic thresholding in place of clipping
  double dynamic_thresholding_ratio = 0.995;
  double sample_max_value = 1;
  bool skip_prk_steps = false;                 // pndm: false starts with three Runge-Kutta steps
  std::optional<int> solver_order = {};        // dpmpp_*m*, unipc; default by the sampler's name
  std::optional<SolverType> solver = {};       // dpmpp_*m*: kMidpoint, kHeun; unipc: kBh1, kBh2
  std::optional<bool> lower_order_final = {};  // dpmpp_*m*, unipc; default true
  bool euler_at_final = false;                 // dpmpp_*m*
  double timestep_scaling = 10;                // lcm
  std::optional<uint64_t> noise_sampler_seed =
      {};  // dpmpp_sde: the tree's seed in place of the picture's
};

}  // namespace lienzo::diffusion
