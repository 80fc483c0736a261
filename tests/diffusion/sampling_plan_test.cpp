#include "lienzo/diffusion/sampling_plan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "lienzo/base/error.h"
#include "lienzo/diffusion/samplers/registry.h"
#include "lienzo/diffusion/scheduler_config.h"
#include "lienzo/diffusion/schedules.h"
#include "lienzo/tensor/noise.h"

// What plans hold beyond the recorded runs of samplers_golden_test.cpp.
namespace lienzo::diffusion {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using torch::Tensor;

const SchedulerConfig& stable_diffusion() {
  static const SchedulerConfig kConfig = stable_diffusion_scheduler();
  return kConfig;
}

SamplingPlan planned(const SamplingRequest& request) {
  return plan_sampling(request, stable_diffusion().model, stable_diffusion().defaults);
}

std::string refusal(ErrorKind kind, const SamplingRequest& request) {
  try {
    planned(request);
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), kind) << error.what();
    return error.what();
  }
  ADD_FAILURE() << "nothing was thrown";
  return "";
}

std::string refusal(const SamplingRequest& request) {
  return refusal(ErrorKind::kInvalidInput, request);
}

TEST(SamplingPlan, NamesOfOtherPrograms) {
  const SamplingPlan plan = planned({.sampler = "DPM++ 2M Karras", .steps = 10});
  EXPECT_EQ(plan.sampler, "dpmpp_2m");
  EXPECT_EQ(plan.schedule, "karras");
  EXPECT_EQ(plan.sigmas,
            karras_sigmas(10,
                          stable_diffusion().model.sigma_table().front(),
                          stable_diffusion().model.sigma_table().back()));
  // A schedule of its own counts more than the one in the sampler's name.
  EXPECT_EQ(planned({.sampler = "DPM++ 2M Karras", .schedule = "Exponential"}).schedule,
            "exponential");
  EXPECT_EQ(planned({.sampler = "euler", .schedule = "Align Your Steps"}).schedule,
            "align_your_steps_sd1");
  const SchedulerConfig xl = stable_diffusion_xl_scheduler();
  EXPECT_EQ(plan_sampling({.schedule = "align_your_steps"}, xl.model, xl.defaults).schedule,
            "align_your_steps_sdxl");
  // Nothing named: the model's own.
  EXPECT_EQ(planned({}).sampler, "pndm");
  EXPECT_EQ(planned({}).schedule, "default");
}

TEST(SamplingPlan, TheNetworkIsToldWholeSteps) {
  // Leading 20, offset 1: 951, 901, ..., 1, and PLMS asks twice at 901.
  const SamplingPlan plan = planned({.sampler = "ddim"});
  for (int i = 0; i < 20; ++i)
    EXPECT_EQ(plan.model.level(plan.sigmas[static_cast<size_t>(i)]).time, 951 - 50 * i);
  const SamplingPlan plms = planned({});
  EXPECT_EQ(plms.network_calls, 21);
  EXPECT_EQ(plms.steps(), 20);
  EXPECT_EQ(plms.model.level(plms.settings.pndm_calls[1].ask).time, 901);
  EXPECT_EQ(plms.model.level(plms.settings.pndm_calls[2].ask).time, 901);
  // Fractional steps too, which sigma alone would give back a little wrong.
  const SamplingPlan euler = planned({.sampler = "euler", .steps = 10});
  EXPECT_EQ(euler.model.level(euler.sigmas[9]).time, 0);
  EXPECT_DOUBLE_EQ(euler.model.level(euler.sigmas[8]).time, 111);
  const SamplingPlan seven = planned({.sampler = "euler", .steps = 7});
  EXPECT_DOUBLE_EQ(seven.model.level(seven.sigmas[5]).time, 166.5);
}

TEST(SamplingPlan, StartNoise) {
  const double top = stable_diffusion().model.sigma_table().back();
  EXPECT_DOUBLE_EQ(planned({.sampler = "euler"}).initial_noise, top);
  const SchedulerConfig xl = stable_diffusion_xl_scheduler();
  const SamplingPlan leading = plan_sampling({}, xl.model, xl.defaults);
  EXPECT_DOUBLE_EQ(leading.initial_noise, std::hypot(1, leading.sigmas[0]));
  const SamplingPlan ddim = planned({.sampler = "ddim"});
  EXPECT_DOUBLE_EQ(ddim.initial_noise, std::hypot(1, ddim.sigmas[0]));
  EXPECT_DOUBLE_EQ(planned({.sampler = "dpmpp_2m", .schedule = "karras"}).initial_noise, top);
  const Tensor noise = torch::ones({1, 2});
  EXPECT_TRUE(initial_state(ddim, noise).equal(noise * ddim.initial_noise));
}

TEST(SamplingPlan, Strength) {
  const SamplingPlan whole = planned({.sampler = "euler", .steps = 10});
  const SamplingPlan part = planned({.sampler = "euler", .steps = 10, .strength = 0.65});
  EXPECT_EQ(part.skipped_steps, 4);
  EXPECT_EQ(part.steps(), 6);
  EXPECT_EQ(part.sigmas, std::vector<double>(whole.sigmas.begin() + 4, whole.sigmas.end()));
  const Tensor x0 = torch::ones({1, 2}), noise = torch::full({1, 2}, 0.5);
  EXPECT_TRUE(noised_state(part, x0, noise).equal(x0 + noise * part.sigmas[0]));
  EXPECT_TRUE(noised_state(part, x0, noise, 6).equal(x0));
  EXPECT_THAT(refusal({.steps = 10, .strength = 0.05}),
              HasSubstr("strength 0.05 leaves none of 10 steps"));
}

// The end of a run on the variance preserving scale: latents come out of what is put in place.
TEST(SamplingPlan, TheKeptPartEndsAsItIs) {
  const SamplingPlan plan = planned({.sampler = "ddim", .steps = 4});
  ASSERT_GT(plan.sigmas.back(), 0);
  EXPECT_LT(plan.final_scale, 1);
  const Tensor x0 = torch::tensor({{1.0F, -2.0F}}), noise = torch::full({1, 2}, 0.5);
  tensor::NoiseSource source({1});
  const Tensor end = run(
      plan,
      initial_state(plan, noise),
      [](const Tensor& x, double) { return x * 0; },
      source,
      [&](const StepInfo& info) {
        info.x = noised_state(plan, x0, noise, info.step);
        return true;
      });
  EXPECT_TRUE(end.allclose(x0, 1e-6));
  EXPECT_THROW(noised_state(plan, x0, noise, 5), Error);
}

TEST(SamplingPlan, BaseAndRefinerMakeOneRun) {
  for (const char* sampler : {"euler", "ddim", "dpmpp_sde", "heun", "dpm_2"}) {
    const SchedulerConfig xl = stable_diffusion_xl_scheduler();
    const auto plan_part = [&](double start, double end) {
      return plan_sampling(
          {.sampler = sampler, .steps = 10, .start = start, .end = end}, xl.model, xl.defaults);
    };
    const Network network = [](const Tensor& x, const Tensor& time) {
      return torch::tanh(x) * (time[0].item<double>() / 2000 + 0.5);
    };
    const SamplingPlan whole = plan_part(0, 1), base = plan_part(0, 0.8),
                       refiner = plan_part(0.8, 1);
    EXPECT_EQ(base.steps() + refiner.steps(), 10);
    EXPECT_EQ(base.steps(), 8);
    EXPECT_FALSE(base.complete);
    EXPECT_EQ(base.final_scale, 1);
    EXPECT_EQ(base.sigmas.back(), refiner.sigmas.front());
    tensor::NoiseSource noise({1});
    const Tensor start = torch::cos(torch::arange(4)).reshape({1, 4});
    const Tensor once =
        run(whole, initial_state(whole, start), whole.model.denoiser(network), noise);
    const Tensor half = run(base, initial_state(base, start), base.model.denoiser(network), noise);
    const Tensor twice = run(refiner, half, refiner.model.denoiser(network), noise);
    EXPECT_TRUE(twice.allclose(once, 1e-6)) << sampler;
  }
}

TEST(SamplingPlan, WhereABaseStops) {
  const SchedulerConfig xl = stable_diffusion_xl_scheduler();  // 901, 801, ..., 101, 1
  const auto steps = [&](double end) {
    return plan_sampling({.steps = 10, .end = end}, xl.model, xl.defaults).steps();
  };
  EXPECT_EQ(steps(0.899), 9);
  EXPECT_EQ(steps(0.8985), 8);  // 101.5 rounds to 102
  // No step of such a run is a last one.
  const SamplingPlan unipc =
      plan_sampling({.sampler = "unipc", .steps = 10, .end = 0.8}, xl.model, xl.defaults);
  EXPECT_FALSE(unipc.settings.lower_order_final);
  const SamplingPlan dpmpp =
      plan_sampling({.sampler = "dpmpp_3m", .steps = 10, .end = 0.8}, xl.model, xl.defaults);
  EXPECT_FALSE(dpmpp.settings.lower_order_last);
  EXPECT_FALSE(dpmpp.settings.lower_order_before_last);
}

TEST(SamplingPlan, OnlySomeSamplersEndAboveZero) {
  SchedulerDefaults defaults = stable_diffusion().defaults;
  defaults.final_sigma = FinalSigma::kSigmaMin;
  const auto end = [&](const std::string& sampler) {
    return plan_sampling({.sampler = sampler}, stable_diffusion().model, defaults).sigmas.back();
  };
  for (const char* sampler : {"euler", "dpmpp_2m", "unipc"}) EXPECT_GT(end(sampler), 0) << sampler;
  for (const char* sampler : {"heun", "euler_ancestral"}) EXPECT_EQ(end(sampler), 0) << sampler;
}

TEST(SamplingPlan, LevelsOfOnesOwn) {
  const SamplingPlan plan = planned({.sampler = "heun", .sigmas = {10, 4, 1, 0}});
  EXPECT_EQ(plan.schedule, "custom");
  EXPECT_THAT(plan.sigmas, ElementsAre(10, 4, 1, 0));
  EXPECT_EQ(plan.steps(), 3);
  EXPECT_EQ(plan.network_calls, 5);
  EXPECT_EQ(plan.initial_noise, 10);
  EXPECT_THAT(refusal({.sampler = "euler", .sigmas = {1, 2, 0}}), HasSubstr("got 2 at position 1"));
  EXPECT_THAT(refusal({.sampler = "pndm", .sigmas = {1, 2, 0}}), HasSubstr("got 2 at position 1"));
  EXPECT_THAT(refusal({.sampler = "euler", .sigmas = {NAN, 0}}), HasSubstr("position 0"));
  EXPECT_THAT(refusal({.sampler = "euler", .sigmas = {1}}), HasSubstr("2 to 1001 of them"));
}

TEST(SamplingPlan, EverySamplerRunsOverEverySchedule) {
  const Network network = [](const Tensor& x, const Tensor&) { return torch::tanh(x); };
  for (const Sampler& sampler : samplers()) {
    for (const std::string_view schedule : schedules()) {
      const SamplingPlan plan = planned(
          {.sampler = std::string(sampler.name), .schedule = std::string(schedule), .steps = 6});
      tensor::NoiseSource noise({3});
      int calls = 0;
      const Denoiser inner = plan.model.denoiser(network);
      const Denoiser denoise = [&](const Tensor& x, double sigma) {
        ++calls;
        return inner(x, sigma);
      };
      const Tensor end = run(plan, initial_state(plan, torch::ones({1, 4, 2, 2})), denoise, noise);
      EXPECT_TRUE(end.isfinite().all().item<bool>()) << sampler.name << " " << schedule;
      EXPECT_EQ(calls, plan.network_calls) << sampler.name << " " << schedule;
    }
  }
}

TEST(SamplingPlan, EverySamplerRunsFromOneStepUp) {
  const Network network = [](const Tensor& x, const Tensor&) { return torch::tanh(x); };
  for (const Sampler& sampler : samplers()) {
    for (const int steps : {1, 2, 3, 4, 50}) {
      const SamplingPlan plan = planned({.sampler = std::string(sampler.name), .steps = steps});
      tensor::NoiseSource noise({3});
      const Tensor end = run(plan,
                             initial_state(plan, torch::ones({1, 4, 2, 2})),
                             plan.model.denoiser(network),
                             noise);
      EXPECT_EQ(plan.steps(), steps);
      EXPECT_TRUE(end.isfinite().all().item<bool>()) << sampler.name << " in " << steps;
    }
  }
}

TEST(SamplingPlan, ZeroTerminalSnr) {
  const SchedulerConfig config = stable_diffusion();
  const auto model = [&](Parameterization parameterization) {
    return NoiseModel::variance_preserving(
        parameterization,
        rescale_to_zero_snr(
            alphas_cumprod(betas(BetaSchedule::kScaledLinear, 1000, 0.00085, 0.012))));
  };
  SchedulerDefaults defaults = config.defaults;
  defaults.spacing = TimestepSpacing::kTrailing;
  const SamplingPlan plan =
      plan_sampling({.sampler = "ddim"}, model(Parameterization::kV), defaults);
  EXPECT_EQ(plan.model.level(plan.sigmas[0]).time, 999);
  EXPECT_LT(plan.model.level(plan.sigmas[0]).alpha, 1e-6);
  try {
    plan_sampling({.sampler = "ddim"}, model(Parameterization::kEpsilon), defaults);
    ADD_FAILURE() << "nothing was thrown";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kUnsupported);
    EXPECT_THAT(error.what(), HasSubstr("epsilon"));
  }
}

TEST(SamplingPlan, RefusesWhatCanNotBe) {
  EXPECT_THAT(refusal({.sampler = "eular"}), HasSubstr("did you mean 'euler'?"));
  EXPECT_THAT(refusal({.schedule = "karas"}), HasSubstr("did you mean 'karras'?"));
  EXPECT_THAT(refusal({.steps = 0}), HasSubstr("steps must be 1 to 1000, got 0"));
  EXPECT_THAT(refusal({.steps = -5}), HasSubstr("got -5"));
  EXPECT_THAT(refusal({.steps = 1001}), HasSubstr("got 1001"));
  EXPECT_THAT(refusal({.sampler = "ddim", .steps = 1000}), HasSubstr("beyond its 1000"));
  EXPECT_THAT(refusal({.sampler = "lcm", .steps = 51}), HasSubstr("at most the 50 steps"));
  EXPECT_THAT(refusal({.strength = 0}), HasSubstr("strength must be above 0"));
  EXPECT_THAT(refusal({.strength = 1.5}), HasSubstr("strength must lie between 0 and 1"));
  EXPECT_THAT(refusal({.strength = NAN}), HasSubstr("strength"));
  EXPECT_THAT(refusal({.start = 0.5, .end = 0.5}), HasSubstr("start 0.5 must be below end 0.5"));
  EXPECT_THAT(refusal({.strength = 0.5, .start = 0.2}), HasSubstr("give one of them"));
  EXPECT_THAT(refusal({.steps = 5, .start = 0.999}), HasSubstr("none of the 5 steps"));
  EXPECT_THAT(refusal({.eta = 2}), HasSubstr("eta must lie between 0 and 1, got 2"));
  EXPECT_THAT(refusal({.s_noise = -1}), HasSubstr("s_noise"));

  const SchedulerConfig runge_kutta =
      scheduler_config_from_json(Json::parse(R"({"_class_name": "PNDMScheduler"})"), "config");
  const auto pndm = [&](const SamplingRequest& request) -> std::string {
    try {
      plan_sampling(request, runge_kutta.model, runge_kutta.defaults);
    } catch (const Error& error) {
      return error.what();
    }
    return "";
  };
  EXPECT_THAT(pndm({.steps = 3}), HasSubstr("at least 4 steps, got 3"));
  EXPECT_THAT(pndm({.strength = 0.5}), HasSubstr("pure noise only"));
  EXPECT_EQ(pndm({.steps = 4}), "");
  try {
    plan_sampling({}, NoiseModel::rectified_flow());
    ADD_FAILURE() << "nothing was thrown";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kUnsupported);
  }
  // A short table.
  const NoiseModel tiny = NoiseModel::variance_preserving(
      Parameterization::kEpsilon, alphas_cumprod(betas(BetaSchedule::kLinear, 10, 0.1, 0.2)));
  EXPECT_THROW(plan_sampling({.steps = 11}, tiny), Error);
}

}  // namespace
}  // namespace lienzo::diffusion
