#pragma once

#include <torch/types.h>

#include <optional>
#include <string>
#include <vector>

#include "lienzo/diffusion/noise_model.h"
#include "lienzo/diffusion/samplers/step.h"
#include "lienzo/diffusion/scheduler_defaults.h"

/// From "20 steps of DPM++ 2M Karras, strength 0.6" to latents: the one entry point for pipelines.
///
///   const SamplingPlan plan = plan_sampling(request, model, defaults);
///   NoiseSource noise(seeds);
///   x = initial_state(plan, noise.normal(latent_shape));      // text to image
///   x = noised_state(plan, latents, noise.normal_like(latents)); // image to image
///   latents = run(plan, x, plan.model.denoiser(network), noise, on_step);
///
/// The state x lives in the space of denoiser.h for every sampler, x = x0 + sigma * noise, also
/// inside callbacks; only the result of run() is latents. Keep x in fp32 whatever the type of the
/// network: levels of zero-terminal-SNR models are large.
///
/// Order of random draws, per picture, from `noise`: whatever the caller drew before (the start
/// noise; for image to image first the VAE's sample), then one normal tensor per step that adds
/// noise, in order; the sampler's header says which steps do. The dpmpp_*sde samplers draw nothing
/// from it and take a Brownian path from its seeds, unless the plan says otherwise.
namespace lienzo::diffusion {

struct SamplingRequest {
  /// Ours or another program's name (sampler_names.h), which may include a schedule: "DPM++ 2M
  /// Karras". Empty: the model's own.
  std::string sampler = {};
  /// Ours or another program's name of a schedule. Empty or "default": what diffusers does with
  /// this sampler and the model's scheduler configuration.
  std::string schedule = {};
  int steps = 20;  // 1..1000, and not more than the model's training steps
  /// The levels to visit, in place of a schedule and `steps`: strictly descending, as many as steps
  /// plus one; end with 0 for a finished picture.
  std::vector<double> sigmas = {};

  /// Image to image: the share of the steps to run, (0, 1]. The first steps - floor(steps *
  /// strength) are left out; kInvalidInput when none is left.
  double strength = 1;
  /// A part of the run, for a base and a refiner: from `start` to `end` of the way from noise to
  /// picture, 0 <= start < end <= 1. Below 1 the result of run() is a state to go on from, not
  /// latents.
  double start = 0;
  double end = 1;

  std::optional<double> eta = {};  // empty: the sampler's own, see SamplerSettings
  double s_noise = 1;
  ChurnOptions churn = {};
  std::optional<int> order = {};
  std::optional<SolverType> solver = {};
  std::optional<SdeNoise> sde_noise = {};
};

struct SamplingPlan {
  std::string sampler = {};   // our name, for records
  std::string schedule = {};  // our name; "default" for the scheduler configuration's, "custom"
  /// The noise model as the network must see it in this run: it is told the exact training step at
  /// the levels the plan visits. Make the denoiser from this one, not from the model given.
  NoiseModel model;
  std::vector<double> sigmas = {};  // visited by this run, steps() + 1 of them
  SamplerSettings settings = {};    // for the sampler
  double initial_noise = 1;         // factor of the start noise: initial_state()
  double final_scale = 1;           // from the sampler's space to latents, after the last step
  int skipped_steps = 0;            // steps of the full schedule before this run
  int network_calls = 0;            // of the whole run, each with or without guidance
  bool complete = true;             // it runs to the end of the schedule, where no noise is left

  int steps() const { return static_cast<int>(sigmas.size()) - 1; }  // as callbacks count them
};

/// Throws kInvalidInput with the lists of names and the nearest one for an unknown sampler or
/// schedule, and for values out of range; kUnsupported for a sampler that cannot run the model
/// (flow).
SamplingPlan plan_sampling(const SamplingRequest& request,
                           const NoiseModel& model,
                           const SchedulerDefaults& defaults = {});

/// The state to start from: pure noise (B, ...) of deviation 1 times plan.initial_noise.
torch::Tensor initial_state(const SamplingPlan& plan, const torch::Tensor& noise);

/// The state in which the latents x0 (B, ...) are at level plan.sigmas[step], 0 <= step <= steps():
/// where image to image starts (step 0), and what the kept part of a picture is after `step` steps
/// (StepInfo::step) when only the rest is painted. After the last step no noise is added.
torch::Tensor noised_state(const SamplingPlan& plan,
                           const torch::Tensor& x0,
                           const torch::Tensor& noise,
                           int step = 0);

/// Runs the sampler from state x (B, ...). Throws kCancelled when the callback says so.
torch::Tensor run(const SamplingPlan& plan,
                  torch::Tensor x,
                  const Denoiser& denoise,
                  tensor::NoiseSource& noise,
                  const StepCallback& on_step = {});

}  // namespace lienzo::diffusion
