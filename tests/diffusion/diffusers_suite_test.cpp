#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <optional>

#include "lienzo/base/json.h"
#include "lienzo/diffusion/sampling_plan.h"
#include "lienzo/diffusion/scheduler_config.h"
#include "lienzo/tensor/noise.h"

// The numbers in the test suite of huggingface/diffusers (tests/schedulers, v0.30.3, but for
// KDPM2Ancestral, whose draws changed: 0.42.1): a network x * t / (t + 1) on a ramp of 768 numbers,
// ten steps; the sum of |result|, or its mean. The suite allows 1e-2 and 1e-3.
namespace lienzo::diffusion {
namespace {

using torch::Tensor;

struct Case {
  const char* scheduler;  // further keys of its configuration
  double sum = 0;
  int steps = 10;
  std::optional<double> eta = {};
};

Json config_of(const std::string& kind, const std::string& keys) {
  Json config = {{"beta_start", 1e-4}, {"beta_end", 0.02}, {"beta_schedule", "linear"}};
  config.update(Json::parse("{" + keys + "}"));
  config["_class_name"] = kind;
  return config;
}

// The suite hands schedulers that work in sigma the scaled state in place of the state, so that it
// shrinks before every step (`shrinking`).
double suite_run(const std::string& kind, const Case& wanted, bool shrinking) {
  const SchedulerConfig config =
      scheduler_config_from_json(config_of(kind, wanted.scheduler), kind);
  const SamplingPlan plan =
      plan_sampling({.steps = wanted.steps, .eta = wanted.eta}, config.model, config.defaults);
  const auto scale = [](double sigma) { return 1 / std::sqrt(1 + sigma * sigma); };
  const Tensor ramp = (torch::arange(768, torch::kFloat) / 768)
                          .reshape({3, 8, 8, 4})
                          .permute({3, 0, 1, 2})
                          .unsqueeze(0)
                          .contiguous();
  const Network network = [](const Tensor& x, const Tensor& time) {
    const auto t = time[0].item<double>();
    return x * (t / (t + 1));
  };
  double level = plan.sigmas[0];  // where the current step started
  Denoiser denoise = plan.model.denoiser(network);
  if (shrinking) {
    denoise = [&](const Tensor& x, double sigma) {
      const NoiseModel::Level told = plan.model.level(sigma);
      const bool second =
          sigma != level;  // in the middle of a step only the network sees it scaled
      const Tensor seen = second ? x * scale(sigma) : x;
      const Tensor output = network(seen, torch::full({1}, told.time));
      if (config.model.parameterization() == Parameterization::kEpsilon) return x - output * sigma;
      // d = (seen - x0) / sigma, whatever the state of the other call
      const Tensor x0 = seen * (scale(sigma) * scale(sigma)) - output * (sigma * scale(sigma));
      return x - (seen - x0);
    };
  }
  Tensor start = initial_state(plan, ramp);
  if (shrinking) start = start * scale(level);
  tensor::NoiseSource noise({0});
  const Tensor end = run(plan, start, denoise, noise, [&](const StepInfo& info) {
    level = info.sigma_next;
    if (shrinking && info.step < info.total) info.x = info.x * scale(level);
    return true;
  });
  return end.abs().sum().item<double>();
}

void expect_sums(const std::string& kind, std::initializer_list<Case> cases, bool shrinking) {
  for (const Case& wanted : cases) {
    EXPECT_NEAR(suite_run(kind, wanted, shrinking), wanted.sum, std::max(1e-2, 1e-5 * wanted.sum))
        << kind << " " << wanted.scheduler;
  }
}

TEST(DiffusersSuite, Ddim) {
  expect_sums("DDIMScheduler",
              {{"", 172.0067},
               {R"("prediction_type": "v_prediction")", 52.5302},
               {R"("beta_start": 0.01, "set_alpha_to_one": true)", 149.8295},
               {R"("beta_start": 0.01, "set_alpha_to_one": false)", 149.0784}},
              false);
}

TEST(DiffusersSuite, Ddpm) {
  expect_sums("DDPMScheduler",
              {{R"("variance_type": "fixed_small", "clip_sample": true)", 258.9606, 1000},
               {R"("clip_sample": true, "prediction_type": "v_prediction")", 202.0296, 1000}},
              false);
}

TEST(DiffusersSuite, Pndm) {
  expect_sums("PNDMScheduler",
              {{"", 198.1318},
               {R"("prediction_type": "v_prediction")", 67.3986},
               {R"("beta_start": 0.01, "set_alpha_to_one": true)", 230.0399},
               {R"("beta_start": 0.01, "set_alpha_to_one": false)", 186.9482}},
              false);
}

constexpr const char* kLong = R"("num_train_timesteps": 1100)";
constexpr const char* kLongV = R"("num_train_timesteps": 1100, "prediction_type": "v_prediction")";
constexpr const char* kLongKarras = R"("num_train_timesteps": 1100, "use_karras_sigmas": true)";

TEST(DiffusersSuite, SigmaSchedulers) {
  expect_sums("EulerDiscreteScheduler",
              {{kLong, 10.0807}, {kLongV, 0.0002}, {kLongKarras, 124.5230}},
              true);
  expect_sums("EulerAncestralDiscreteScheduler", {{kLong, 152.3192}, {kLongV, 108.4439}}, true);
  expect_sums("HeunDiscreteScheduler", {{kLong, 0.1233}}, true);
  expect_sums("KDPM2DiscreteScheduler", {{kLong, 20.4125}}, true);
  expect_sums("KDPM2AncestralDiscreteScheduler", {{kLong, 13979.9414}, {kLongV, 331.8133}}, true);
  expect_sums("LMSDiscreteScheduler", {{kLong, 1006.388}, {kLongKarras, 3812.9927}}, true);
}

// The suite gives means for these.
void expect_means(const std::string& kind, std::initializer_list<Case> cases) {
  for (const Case& wanted : cases) {
    EXPECT_NEAR(suite_run(kind, wanted, false) / 768, wanted.sum, 5e-4)
        << kind << " " << wanted.scheduler;
  }
}

TEST(DiffusersSuite, MultistepSchedulers) {
  expect_means(
      "DPMSolverMultistepScheduler",
      {{R"("lower_order_final": false, "final_sigmas_type": "sigma_min")", 0.3301},
       {R"("lower_order_final": false, "final_sigmas_type": "sigma_min",
           "prediction_type": "v_prediction")",
        0.2251},
       {R"("lower_order_final": false, "final_sigmas_type": "sigma_min",
           "prediction_type": "v_prediction", "use_karras_sigmas": true)",
        0.2096},
       {R"("lower_order_final": false, "final_sigmas_type": "sigma_min",
           "prediction_type": "v_prediction", "use_lu_lambdas": true)",
        0.1554},
       {R"("lower_order_final": false, "final_sigmas_type": "sigma_min", "thresholding": true,
           "dynamic_thresholding_ratio": 0.87, "sample_max_value": 0.5)",
        1.1364}});
  expect_means("UniPCMultistepScheduler",
               {{R"("final_sigmas_type": "sigma_min")", 0.2464},
                {R"("final_sigmas_type": "sigma_min", "use_karras_sigmas": true)", 0.2925},
                {R"("final_sigmas_type": "sigma_min", "prediction_type": "v_prediction")", 0.1014},
                {R"("final_sigmas_type": "sigma_min", "prediction_type": "v_prediction",
                    "use_karras_sigmas": true)",
                 0.1966}});
}

constexpr const char* kScaled =
    R"("beta_schedule": "scaled_linear", "beta_start": 0.00085, "beta_end": 0.012)";

TEST(DiffusersSuite, DistilledSchedulers) {
  expect_sums("LCMScheduler", {{kScaled, 18.7097, 1}, {kScaled, 197.7616, 10}}, false);
  expect_sums("TCDScheduler", {{kScaled, 29.8715, 1, 0.0}, {kScaled, 181.2040, 10, 0.0}}, false);
}

}  // namespace
}  // namespace lienzo::diffusion
