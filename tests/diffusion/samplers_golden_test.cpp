#include <gtest/gtest.h>

#include <cmath>
#include <fstream>

#include "lienzo/base/json.h"
#include "lienzo/diffusion/noise_model.h"
#include "lienzo/diffusion/samplers/ddim.h"
#include "lienzo/diffusion/samplers/dpmpp_2m.h"
#include "lienzo/diffusion/samplers/euler.h"
#include "lienzo/diffusion/samplers/heun.h"
#include "lienzo/diffusion/samplers/registry.h"
#include "lienzo/diffusion/schedules.h"
#include "lienzo/tensor/noise.h"

// The samplers against their references: k-diffusion on a scalar, the numbers in the diffusers test
// suite, and whole runs recorded by tools/golden/samplers.py.
namespace lienzo::diffusion {
namespace {

using torch::Tensor;

// ---- crowsonkb/k-diffusion sampling.py, run in double: D(x, sigma) = tanh(x) / sqrt(1 + sigma), x
// = sigma_max.

TEST(KDiffusionGolden, Scalar) {
  const Denoiser denoise = [](const Tensor& x, double sigma) {
    return torch::tanh(x) / std::sqrt(1 + sigma);
  };
  const std::vector<double> sigmas = karras_sigmas(10, 0.029167158345228546, 14.614641158793807);
  const std::pair<std::string_view, double> expected[] = {
      {"euler", 0.53806727}, {"heun", 0.50593279}, {"dpmpp_2m", 0.53263784}, {"ddim", 0.53806727}};
  tensor::NoiseSource noise({1});
  for (const auto& [name, value] : expected) {
    const Tensor start = torch::full({1}, sigmas[0], torch::kDouble);
    EXPECT_NEAR(
        find_sampler(name).run(denoise, start, sigmas, {}, noise, {}).item<double>(), value, 1e-8)
        << name;
  }
}

// ---- huggingface/diffusers tests/schedulers: a network x * t / (t + 1) on a ramp; sums or means
// of |result|.

Tensor suite_sample() {
  return (torch::arange(768, torch::kDouble) / 768)
      .reshape({3, 8, 8, 4})
      .permute({3, 0, 1, 2})
      .contiguous();
}

Tensor suite_network(const Tensor& x, double t) { return x * (t / (t + 1)); }

NoiseModel suite_model(Parameterization parameterization,
                       double beta_start = 1e-4,
                       int steps = 1000) {
  return NoiseModel::variance_preserving(
      parameterization, alphas_cumprod(betas(BetaSchedule::kLinear, steps, beta_start, 0.02)));
}

Denoiser suite_denoiser(const NoiseModel& model) {
  return model.denoiser(
      [](const Tensor& x, const Tensor& time) { return suite_network(x, time[0].item<double>()); });
}

double vp_scale(double sigma) { return std::sqrt(1 + sigma * sigma); }

double suite_ddim(const NoiseModel& model, bool set_alpha_to_one) {
  std::vector<double> sigmas = sigmas_at(model.sigma_table(), timesteps(10, 1000, {}));
  // Otherwise the last step leads from entry 0 to entry 0.
  if (!set_alpha_to_one) sigmas.pop_back();
  tensor::NoiseSource noise({0});
  const Tensor end =
      sample_ddim(suite_denoiser(model), suite_sample() * vp_scale(sigmas[0]), sigmas, {}, noise);
  return (end / vp_scale(sigmas.back())).abs().sum().item<double>();
}

TEST(DiffusersSuiteGolden, Ddim) {
  EXPECT_NEAR(suite_ddim(suite_model(Parameterization::kEpsilon), true), 172.0067, 2e-3);
  EXPECT_NEAR(suite_ddim(suite_model(Parameterization::kV), true), 52.5302, 1e-3);
  EXPECT_NEAR(suite_ddim(suite_model(Parameterization::kEpsilon, 0.01), true), 149.8295, 2e-3);
  EXPECT_NEAR(suite_ddim(suite_model(Parameterization::kEpsilon, 0.01), false), 149.0784, 2e-3);
}

double suite_dpmpp_2m(Parameterization parameterization) {
  const NoiseModel model = suite_model(parameterization);
  const std::vector<double> steps =
      timesteps(10, 1000, {.spacing = TimestepSpacing::kLinspace, .extra_point = true});
  std::vector<double> sigmas = sigmas_at(model.sigma_table(), steps);
  sigmas.back() = model.sigma_table().front();  // final_sigmas_type = sigma_min
  tensor::NoiseSource noise({0});
  const Tensor end = sample_dpmpp_2m(
      suite_denoiser(model), suite_sample() * vp_scale(sigmas[0]), sigmas, {}, noise);
  return (end / vp_scale(sigmas.back())).abs().mean().item<double>();
}

TEST(DiffusersSuiteGolden, Dpmpp2m) {
  EXPECT_NEAR(suite_dpmpp_2m(Parameterization::kEpsilon), 0.3301, 1e-4);
  EXPECT_NEAR(suite_dpmpp_2m(Parameterization::kV), 0.2251, 1e-4);
}

// The suite hands Euler and Heun the scaled state in place of the state, so it shrinks before every
// step; between the two halves of Heun's step only the network sees it scaled.
enum class SuiteSampler { kEuler, kHeun };

double suite_sigma_space(SuiteSampler sampler, bool karras) {
  const NoiseModel model = suite_model(Parameterization::kEpsilon, 1e-4, 1100);
  const std::vector<double>& table = model.sigma_table();
  std::vector<double> steps =
      timesteps(10, 1100, {.spacing = TimestepSpacing::kLinspace, .round = false});
  std::vector<double> sigmas = sigmas_at(table, steps);
  if (karras) {
    sigmas = karras_sigmas(10, table.front(), table.back());
    for (size_t i = 0; i < steps.size(); ++i) steps[i] = sigma_to_t(table, sigmas[i]);
  }
  tensor::NoiseSource noise({0});
  Tensor x = suite_sample() * sigmas[0];
  for (size_t i = 0; i + 1 < sigmas.size(); ++i) {
    const Denoiser denoise = [&](const Tensor& state, double sigma) {
      const bool second = sigma != sigmas[i];
      const Tensor seen = second ? state / vp_scale(sigma) : state;
      return state - suite_network(seen, steps[second ? i + 1 : i]) * sigma;
    };
    const std::span<const double> step(&sigmas[i], 2);
    x = x / vp_scale(sigmas[i]);
    x = sampler == SuiteSampler::kEuler ? sample_euler(denoise, x, step, {}, noise)
                                        : sample_heun(denoise, x, step, {}, noise);
  }
  return x.abs().sum().item<double>();
}

TEST(DiffusersSuiteGolden, EulerAndHeun) {
  EXPECT_NEAR(suite_sigma_space(SuiteSampler::kEuler, false), 10.0807, 1e-3);
  EXPECT_NEAR(suite_sigma_space(SuiteSampler::kEuler, true), 124.5230, 1e-2);
  EXPECT_NEAR(suite_sigma_space(SuiteSampler::kHeun, false), 0.1233, 1e-4);
}

// ---- tests/golden/diffusion_samplers.json

Tensor tensor_of(const Json& values, const std::vector<int64_t>& shape) {
  return torch::tensor(values.get<std::vector<double>>(), torch::kDouble).reshape(shape);
}

TEST(RecordedGolden, WholeRuns) {
  std::ifstream file(LIENZO_TEST_DATA "/golden/diffusion_samplers.json");
  const Json golden = Json::parse(file);
  const auto shape = golden["shape"].get<std::vector<int64_t>>();
  const std::vector<double> alphas =
      alphas_cumprod(betas(BetaSchedule::kScaledLinear, 1000, 0.00085, 0.012));
  ASSERT_EQ(golden["cases"].size(), 19u);
  for (const Json& recorded : golden["cases"]) {
    const Parameterization parameterization =
        parameterization_from_name(recorded["parameterization"].get<std::string>());
    const NoiseModel model = parameterization == Parameterization::kFlow
                                 ? NoiseModel::rectified_flow()
                                 : NoiseModel::variance_preserving(parameterization, alphas);
    SamplerSettings settings{.path = model.path(), .eta = recorded.value("eta", 0.0)};
    settings.churn.s_churn = recorded.value("s_churn", 0.0);
    settings.churn.s_tmin = recorded.value("s_tmin", settings.churn.s_tmin);
    settings.churn.s_tmax = recorded.value("s_tmax", settings.churn.s_tmax);
    settings.churn.s_noise = recorded.value("s_noise", settings.churn.s_noise);

    tensor::NoiseSource noise(golden["seeds"].get<std::vector<uint64_t>>());
    const Tensor expected = tensor_of(recorded["result"], shape);
    const Tensor got = find_sampler(recorded["sampler"].get<std::string>())
                           .run(model.denoiser([](const Tensor& x, const Tensor& time) {
                             return torch::tanh(x) * (time[0].item<double>() / 2000 + 0.5);
                           }),
                                tensor_of(recorded["start"], shape),
                                recorded["sigmas"].get<std::vector<double>>(),
                                settings,
                                noise,
                                {});
    const double error = ((got - expected).abs().max() / expected.abs().max()).item<double>();
    EXPECT_LE(error, 2e-6) << recorded["name"];
  }
}

}  // namespace
}  // namespace lienzo::diffusion
