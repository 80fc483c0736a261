#include "lienzo/diffusion/scheduler_config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "lienzo/base/error.h"
#include "lienzo/diffusion/schedules.h"

namespace lienzo::diffusion {
namespace {

using testing::HasSubstr;

SchedulerConfig parsed(const std::string& text) {
  return scheduler_config_from_json(Json::parse(text), "scheduler_config.json");
}

std::string refusal(ErrorKind kind, const std::string& text) {
  try {
    parsed(text);
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), kind) << error.what();
    return error.what();
  }
  ADD_FAILURE() << "nothing was thrown for " << text;
  return "";
}

// The configuration of Stable Diffusion 1.5, as published.
TEST(SchedulerConfig, StableDiffusion) {
  const SchedulerConfig config = parsed(R"({
    "_class_name": "PNDMScheduler", "_diffusers_version": "0.6.0", "beta_end": 0.012,
    "beta_schedule": "scaled_linear", "beta_start": 0.00085, "num_train_timesteps": 1000,
    "set_alpha_to_one": false, "skip_prk_steps": true, "steps_offset": 1, "trained_betas": null,
    "clip_sample": false})");
  const SchedulerConfig ours = stable_diffusion_scheduler();
  EXPECT_EQ(config.defaults.sampler, "pndm");
  EXPECT_TRUE(config.defaults.skip_prk_steps);
  EXPECT_EQ(config.defaults.steps_offset, 1);
  EXPECT_EQ(config.defaults.set_alpha_to_one, false);
  EXPECT_EQ(config.defaults.clip_sample, false);
  EXPECT_FALSE(config.defaults.spacing);
  EXPECT_EQ(config.model.sigma_table(), ours.model.sigma_table());
  EXPECT_EQ(config.model.parameterization(), Parameterization::kEpsilon);
  EXPECT_EQ(ours.defaults.sampler, "pndm");
  EXPECT_EQ(stable_diffusion_xl_scheduler().defaults.spacing, TimestepSpacing::kLeading);
}

// The configuration of SDXL carries keys of other classes.
TEST(SchedulerConfig, StableDiffusionXl) {
  const SchedulerConfig config = parsed(R"({
    "_class_name": "EulerDiscreteScheduler", "_diffusers_version": "0.19.0.dev0",
    "beta_end": 0.012, "beta_schedule": "scaled_linear", "beta_start": 0.00085,
    "clip_sample": false, "interpolation_type": "linear", "num_train_timesteps": 1000,
    "prediction_type": "epsilon", "sample_max_value": 1.0, "set_alpha_to_one": false,
    "skip_prk_steps": true, "steps_offset": 1, "timestep_spacing": "leading",
    "trained_betas": null, "use_karras_sigmas": false})");
  EXPECT_EQ(config.defaults.sampler, "euler");
  EXPECT_EQ(config.defaults.spacing, TimestepSpacing::kLeading);
  EXPECT_EQ(config.defaults.spread, SigmaSpread::kTimesteps);
}

TEST(SchedulerConfig, SolversByClass) {
  const auto dpm = [](const std::string& keys) {
    return parsed(R"({"_class_name": "DPMSolverMultistepScheduler", )" + keys + "}").defaults;
  };
  EXPECT_EQ(dpm(R"("solver_order": 2)").sampler, "dpmpp_2m");
  EXPECT_EQ(dpm(R"("solver_order": 3)").sampler, "dpmpp_3m");
  EXPECT_EQ(dpm(R"("solver_order": 3, "algorithm_type": "sde-dpmsolver++")").sampler,
            "dpmpp_3m_sde");
  const SchedulerDefaults first = dpm(R"("solver_order": 1, "solver_type": "bh2",
      "algorithm_type": "sde-dpmsolver++", "euler_at_final": true, "use_lu_lambdas": true, "lambda_min_clipped": null,
      "final_sigmas_type": "sigma_min", "lower_order_final": false)");
  EXPECT_EQ(first.sampler, "dpmpp_2m_sde");
  EXPECT_EQ(first.solver_order, 1);
  EXPECT_EQ(first.solver, SolverType::kMidpoint);  // as diffusers, for another class's solver
  EXPECT_TRUE(first.euler_at_final);
  EXPECT_EQ(first.spread, SigmaSpread::kLu);
  EXPECT_EQ(first.final_sigma, FinalSigma::kSigmaMin);
  EXPECT_EQ(first.lower_order_final, false);
  EXPECT_EQ(parsed(R"({"_class_name": "UniPCMultistepScheduler", "solver_type": "heun"})")
                .defaults.solver,
            SolverType::kBh2);
}

TEST(SchedulerConfig, NoiseTables) {
  // Each class has betas of its own where the file does not say.
  EXPECT_NEAR(parsed(R"({"_class_name": "DDIMScheduler"})").model.sigma_table().back(), 157.4, 0.1);
  EXPECT_NEAR(
      parsed(R"({"_class_name": "LCMScheduler"})").model.sigma_table().back(), 14.6146, 1e-3);
  EXPECT_EQ(parsed(R"({"_class_name": "HeunDiscreteScheduler"})").model.sigma_table(),
            sigmas_from_alphas_cumprod(
                alphas_cumprod(betas(BetaSchedule::kLinear, 1000, 0.00085, 0.012))));
  const SchedulerConfig trained = parsed(R"({"_class_name": "DDIMScheduler",
      "num_train_timesteps": 3, "trained_betas": [0.1, 0.2, 0.5]})");
  EXPECT_NEAR(trained.model.sigma_table().back(), std::sqrt((1 - 0.36) / 0.36), 1e-6);
  const SchedulerConfig zero = parsed(R"({"_class_name": "DDIMScheduler",
      "beta_schedule": "scaled_linear", "beta_start": 0.00085, "beta_end": 0.012,
      "rescale_betas_zero_snr": true, "prediction_type": "v_prediction"})");
  EXPECT_TRUE(zero.model.zero_terminal_snr());
  EXPECT_EQ(zero.model.parameterization(), Parameterization::kV);
}

TEST(SchedulerConfig, AsTheStableDiffusionPipelinesReadIt) {
  const SchedulerDefaults defaults =
      as_stable_diffusion_pipelines_do(parsed(R"({"_class_name": "DDIMScheduler"})").defaults);
  EXPECT_EQ(defaults.steps_offset, 1);
  EXPECT_EQ(defaults.clip_sample, false);
}

TEST(SchedulerConfig, RefusesWhatItDoesNotKnow) {
  const auto unknown = [](const std::string& keys) {
    return refusal(ErrorKind::kInvalidInput, R"({"_class_name": "DDIMScheduler", )" + keys + "}");
  };
  EXPECT_THAT(unknown(R"("step_offset": 1)"), HasSubstr("did you mean 'steps_offset'?"));
  EXPECT_THAT(unknown(R"("nothing": null)"), HasSubstr("'nothing'"));
  EXPECT_THAT(unknown(R"("steps_offset": "one")"), HasSubstr("'steps_offset'"));
  EXPECT_THAT(unknown(R"("steps_offset": -1)"), HasSubstr("negative"));
  EXPECT_THAT(unknown(R"("num_train_timesteps": 1)"), HasSubstr("2 to 100000, got 1"));
  EXPECT_THAT(unknown(R"("trained_betas": [0.5])"), HasSubstr("1000 numbers"));
  EXPECT_THAT(unknown(R"("solver_order": 9)"), HasSubstr("1 to 3, got 9"));
  EXPECT_THAT(unknown(R"("use_karras_sigmas": true, "use_beta_sigmas": true)"),
              HasSubstr("together"));
  EXPECT_THAT(refusal(ErrorKind::kInvalidInput, "{}"), HasSubstr("_class_name"));
  EXPECT_THAT(refusal(ErrorKind::kInvalidInput, "[]"), HasSubstr("scheduler_config.json"));

  const auto lacking = [](const std::string& keys) {
    return refusal(ErrorKind::kUnsupported, R"({"_class_name": "DDPMScheduler", )" + keys + "}");
  };
  EXPECT_THAT(lacking(R"("beta_schedule": "laplace")"),
              HasSubstr("'beta_schedule' is \"laplace\", which is not supported; expected"));
  EXPECT_THAT(lacking(R"("variance_type": "learned_range")"), HasSubstr("fixed_small"));
  EXPECT_THAT(lacking(R"("prediction_type": "flow_prediction")"), HasSubstr("v_prediction"));
  EXPECT_THAT(lacking(R"("interpolation_type": "log_linear")"), HasSubstr("\"linear\""));
  EXPECT_THAT(lacking(R"("timestep_type": "continuous")"), HasSubstr("\"discrete\""));
  EXPECT_THAT(lacking(R"("sigma_max": 80.0)"), HasSubstr("expected null"));
  EXPECT_THAT(lacking(R"("use_flow_sigmas": true)"), HasSubstr("expected false"));
  EXPECT_THAT(lacking(R"("lambda_min_clipped": -5.1)"), HasSubstr("-5.1"));
  EXPECT_THAT(lacking(R"("algorithm_type": "dpmsolver")"), HasSubstr("dpmsolver++"));
  EXPECT_THAT(refusal(ErrorKind::kUnsupported, R"({"_class_name": "EDMEulerScheduler"})"),
              HasSubstr("'EDMEulerScheduler' is not supported, expected one of: EulerDiscrete"));
}

}  // namespace
}  // namespace lienzo::diffusion
