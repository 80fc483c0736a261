#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <map>

#include "lienzo/base/json.h"
#include "lienzo/diffusion/samplers/ancestral.h"
#include "lienzo/diffusion/samplers/registry.h"
#include "lienzo/diffusion/sampling_plan.h"
#include "lienzo/diffusion/scheduler_config.h"
#include "lienzo/diffusion/schedules.h"
#include "lienzo/tensor/noise.h"
#include "lienzo/weights/safetensors.h"

// The samplers against their references, step by step: k-diffusion on a scalar, and the runs of
// diffusers and k-diffusion recorded by tools/golden/samplers.py. The numbers of the diffusers test
// suite are in diffusers_suite_test.cpp.
namespace lienzo::diffusion {
namespace {

using torch::Tensor;

// ---- crowsonkb/k-diffusion sampling.py, run in double: D(x, sigma) = tanh(x) / sqrt(1 + sigma), x
// = sigma_max, all fresh noise 0.5.

// No generator gives constant noise: the samplers run without (s_noise 0), and the 0.5 is added to
// the state after every step, and before the call in the middle of a step.
double scalar_run(std::string_view name) {
  const std::vector<double> sigmas = karras_sigmas(10, 0.029167158345228546, 14.614641158793807);
  double level = sigmas[0];  // where the current step started
  const Denoiser denoise = [&](const Tensor& x, double sigma) {
    const bool middle = name == "dpmpp_sde" && sigma != level;
    const Tensor seen = middle ? x + 0.5 * ancestral_step(level, sigma, 1).up : x;
    return torch::tanh(seen) / std::sqrt(1 + sigma);
  };
  const bool noisy = std::any_of(samplers().begin(), samplers().end(), [&](const Sampler& sampler) {
    return sampler.name == name && sampler.noisy;
  });
  const auto on_step = [&](const StepInfo& info) {
    if (noisy) info.x = info.x + 0.5 * ancestral_step(info.sigma, info.sigma_next, 1).up;
    level = info.sigma_next;
    return true;
  };
  tensor::NoiseSource noise({1});
  const Tensor start = torch::full({1}, sigmas[0], torch::kDouble);
  return find_sampler(name)
      .run(denoise, start, sigmas, {.s_noise = 0}, noise, on_step)
      .item<double>();
}

TEST(KDiffusionGolden, Scalar) {
  const std::pair<std::string_view, double> expected[] = {{"euler", 0.53806727},
                                                          {"euler_ancestral", 0.52611856},
                                                          {"heun", 0.50593279},
                                                          {"dpm_2", 0.51694797},
                                                          {"dpm_2_ancestral", 0.43568905},
                                                          {"lms", 0.52129340},
                                                          {"dpmpp_2s_ancestral", 0.48988686},
                                                          {"dpmpp_sde", 0.50683904},
                                                          {"dpmpp_2m", 0.53263784},
                                                          {"dpmpp_2m_sde", 0.50573676},
                                                          {"dpmpp_3m_sde", 0.45472179},
                                                          {"ddim", 0.53806727}};
  for (const auto& [name, value] : expected) EXPECT_NEAR(scalar_run(name), value, 1e-8) << name;
}

// ---- tests/golden/diffusion/samplers.safetensors

struct Golden {
  std::map<std::string, Tensor> states;
  std::map<std::string, std::string> metadata;
  Json cases;

  static const Golden& get() {
    static const Golden kGolden = [] {
      Golden golden;
      golden.states = weights::read_safetensors(
          LIENZO_TEST_DATA "/golden/diffusion/samplers.safetensors", &golden.metadata);
      golden.cases = Json::parse(golden.metadata.at("cases"));
      return golden;
    }();
    return kGolden;
  }
  Tensor tensor(const std::string& name) const {
    const auto numbers = Json::parse(metadata.at(name)).get<std::vector<double>>();
    return torch::tensor(numbers, torch::kDouble).to(torch::kFloat).reshape({2, 4, 2, 2});
  }
  tensor::NoiseSource noise() const {
    return tensor::NoiseSource(Json::parse(metadata.at("seeds")).get<std::vector<uint64_t>>());
  }
};

struct Trajectory {
  std::vector<Tensor> states;  // in the sampler's space: the start, then after every step
  std::vector<double> times;
  Tensor result;
};

// A Brownian path is rough: it is asked at the reference's own levels, of single precision, the
// last bits of which differ from one build of torch to the next. `sigmas` are those of the whole
// schedule.
void take_levels(SamplingPlan& plan, const std::vector<double>& sigmas) {
  for (size_t i = 0; i < plan.sigmas.size(); ++i) {
    const double level = sigmas[i + static_cast<size_t>(plan.skipped_steps)];
    EXPECT_NEAR(plan.sigmas[i], level, 2e-5 * level + 1e-9) << "level " << i;
    plan.sigmas[i] = level;
  }
  plan.settings.sde.low = sigmas.back() > 0 ? sigmas.back() : sigmas[sigmas.size() - 2];
  plan.settings.sde.high = sigmas[0];
}

Trajectory run_plan(const SamplingPlan& plan, const Tensor& start) {
  Trajectory way;
  way.states.push_back(start);
  tensor::NoiseSource noise = Golden::get().noise();
  const Denoiser denoise = plan.model.denoiser([&](const Tensor& x, const Tensor& time) {
    const auto t = time[0].item<double>();
    way.times.push_back(t);
    return torch::tanh(x) * (t / 2000 + 0.5);
  });
  way.result = diffusion::run(plan, start, denoise, noise, [&](const StepInfo& info) {
    way.states.push_back(info.x);
    return true;
  });
  return way;
}

// The largest difference of any step, as a share of the largest number of that step.
double deviation(const Trajectory& way, const Tensor& expected, const std::vector<double>& scales) {
  double worst = 0;
  for (size_t i = 0; i < way.states.size(); ++i) {
    const Tensor wanted = expected[static_cast<int64_t>(i)];
    const Tensor error = (way.states[i] * scales[i] - wanted).abs().max() / wanted.abs().max();
    const auto share = error.item<double>();
    worst = std::isfinite(share) ? std::max(worst, share) : share;
    if (!std::isfinite(share)) break;
  }
  return worst;
}

void expect_times(const std::vector<double>& times, const Json& recorded, double tolerance) {
  const auto expected = recorded["times"].get<std::vector<double>>();
  ASSERT_EQ(times.size(), expected.size()) << recorded["name"];
  for (size_t i = 0; i < times.size(); ++i)
    EXPECT_NEAR(times[i], expected[i], tolerance) << recorded["name"] << " call " << i;
}

// The table of docs/samplers.md.
void show(const std::map<std::string, double>& worst) {
  if (!std::getenv("LIENZO_SHOW_DEVIATIONS")) return;
  for (const auto& [name, error] : worst) std::printf("%-36s %.1e\n", name.c_str(), error);
}

// Single precision leaves less of a start at 4096. The ends at which dpmpp_sde asks a Brownian path
// have gone through a logarithm and back, in the last bits of which builds of torch differ.
double tolerance(const Json& recorded) {
  const std::string name = recorded["name"];
  if (name == "EulerDiscreteScheduler zero snr") return 1e-4;
  const bool through_logarithm = name.starts_with("DPMSolverSDE") || name.starts_with("dpmpp_sde");
  return recorded["tree"].get<bool>() && through_logarithm ? 5e-3 : 1e-5;
}

TEST(RecordedGolden, DiffusersSchedulers) {
  const Golden& golden = Golden::get();
  std::map<std::string, double> worst;
  int count = 0;
  for (const Json& recorded : golden.cases) {
    if (!recorded.contains("scheduler")) continue;
    const std::string name = recorded["name"];
    const std::string kind = recorded["scheduler"]["_class_name"];
    SCOPED_TRACE(name);
    const SchedulerConfig config = scheduler_config_from_json(recorded["scheduler"], name);
    SamplingRequest request{.steps = recorded["steps"]};
    if (!recorded["eta"].is_null()) request.eta = recorded["eta"].get<double>();
    if (kind == "DPMSolverSDEScheduler" && !recorded["tree"].get<bool>())
      request.sde_noise = SdeNoise::kSequential;
    const bool image_to_image = !recorded["strength"].is_null();
    if (image_to_image) request.strength = recorded["strength"];
    SamplingPlan plan = plan_sampling(request, config.model, config.defaults);
    if (recorded.contains("sigmas")) take_levels(plan, recorded["sigmas"]);
    const Tensor start = image_to_image
                             ? noised_state(plan, golden.tensor("picture"), golden.tensor("noise"))
                             : initial_state(plan, golden.tensor("noise"));
    const Trajectory way = run_plan(plan, start);

    // Schedulers whose start has the deviation of x / sqrt(1 + sigma^2) keep it so.
    const bool scaled = kind.starts_with("DD") || kind == "PNDMScheduler" ||
                        kind == "LCMScheduler" || kind == "TCDScheduler" ||
                        kind == "DPMSolverMultistepScheduler" || kind == "UniPCMultistepScheduler";
    std::vector<double> scales;
    for (const double sigma : plan.sigmas)
      scales.push_back(scaled ? 1 / std::sqrt(1 + sigma * sigma) : 1);
    const Tensor& expected = golden.states.at(name);
    ASSERT_EQ(static_cast<int64_t>(way.states.size()), expected.size(0));
    const double error = deviation(way, expected, scales);
    EXPECT_LE(error, tolerance(recorded));
    EXPECT_LE(((way.result - expected[-1]).abs().max() / expected[-1].abs().max()).item<double>(),
              tolerance(recorded));
    // Whole steps are whole; others come from sigmas of single precision in the reference.
    expect_times(way.times, recorded, 2e-3);
    for (const double t : way.times) {
      if (scaled) {
        EXPECT_EQ(t, std::floor(t));
      }
    }
    EXPECT_EQ(plan.network_calls, static_cast<int>(way.times.size()));
    const std::string group = recorded["tree"].get<bool>() ? kind + " tree" : kind;
    worst[group] = std::max(worst[group], error);
    ++count;
  }
  EXPECT_EQ(count, 117);
  show(worst);
}

TEST(RecordedGolden, KDiffusionSamplersOverWebInterfaceSchedules) {
  const Golden& golden = Golden::get();
  std::map<std::string, double> worst;
  int count = 0;
  for (const Json& recorded : golden.cases) {
    if (!recorded.contains("sampler")) continue;
    const std::string name = recorded["name"];
    SCOPED_TRACE(name);
    const SchedulerConfig config = stable_diffusion_scheduler(
        recorded["v"].get<bool>() ? Parameterization::kV : Parameterization::kEpsilon);
    SamplingRequest request{.sampler = recorded["sampler"],
                            .schedule = recorded["schedule"],
                            .steps = recorded["request"]};
    if (recorded.contains("eta")) request.eta = recorded["eta"].get<double>();
    request.s_noise = recorded.value("s_noise", 1.0);
    request.churn = {.s_churn = recorded.value("s_churn", 0.0), .s_noise = request.s_noise};
    if (!recorded["tree"].get<bool>()) request.sde_noise = SdeNoise::kSequential;
    SamplingPlan plan = plan_sampling(request, config.model, config.defaults);
    const auto sigmas = recorded["sigmas"].get<std::vector<double>>();
    ASSERT_EQ(plan.sigmas.size(), sigmas.size());
    take_levels(plan, sigmas);
    Trajectory way = run_plan(plan, initial_state(plan, golden.tensor("noise")));
    if (recorded.contains("s_churn")) way.states = {way.states.front(), way.states.back()};
    const Tensor& expected = golden.states.at(name);
    ASSERT_EQ(static_cast<int64_t>(way.states.size()), expected.size(0));
    const double error = deviation(way, expected, std::vector<double>(sigmas.size(), 1));
    EXPECT_LE(error, tolerance(recorded));
    expect_times(way.times, recorded, 5e-3);
    EXPECT_EQ(plan.network_calls, static_cast<int>(way.times.size()));
    const bool tree = recorded["tree"].get<bool>() && plan.sampler.find("sde") != std::string::npos;
    const std::string sampler = plan.sampler + (tree ? " tree" : "");
    worst[sampler] = std::max(worst[sampler], error);
    ++count;
  }
  EXPECT_EQ(count, 34);
  show(worst);
}

TEST(RecordedGolden, EulerOnAFlow) {
  const Golden& golden = Golden::get();
  const auto recorded = std::find_if(golden.cases.begin(), golden.cases.end(), [](const Json& one) {
    return one["name"] == "flow";
  });
  ASSERT_NE(recorded, golden.cases.end());
  const NoiseModel model = NoiseModel::rectified_flow();
  Trajectory way;
  way.states.push_back(golden.tensor("noise"));
  tensor::NoiseSource noise = golden.noise();
  const auto sigmas = (*recorded)["sigmas"].get<std::vector<double>>();
  const Denoiser denoise = model.denoiser([&](const Tensor& x, const Tensor& time) {
    return torch::tanh(x) * (time[0].item<double>() / 2000 + 0.5);
  });
  find_sampler("euler").run(
      denoise, way.states[0], sigmas, {.path = model.path()}, noise, [&](const StepInfo& info) {
        way.states.push_back(info.x);
        return true;
      });
  const std::vector<double> scales(sigmas.size(), 1);
  EXPECT_LE(deviation(way, golden.states.at("flow"), scales), 2e-6);
}

// tests/golden/diffusion/flow_samplers.json, by tools/golden/flow_samplers.py.
TEST(RecordedGolden, AncestralEulerOnAFlow) {
  std::ifstream file(LIENZO_TEST_DATA "/golden/diffusion/flow_samplers.json");
  const Json golden = Json::parse(file);
  for (const Json& recorded : golden["cases"]) {
    const auto sigmas = recorded["sigmas"].get<std::vector<double>>();
    const Denoiser denoise = [](const Tensor& x, double sigma) {
      return torch::tanh(x) / (1 + sigma);
    };
    const auto expected = [&](size_t step) {
      return torch::tensor(recorded["states"][step].get<std::vector<double>>(), torch::kDouble)
          .reshape({2, -1});
    };
    tensor::NoiseSource noise(golden["seeds"].get<std::vector<uint64_t>>());
    const SamplerSettings settings{.path = NoisePath::kRectifiedFlow,
                                   .eta = recorded["eta"].get<double>(),
                                   .s_noise = recorded["s_noise"].get<double>()};
    size_t steps = 0;
    find_sampler("euler_ancestral")
        .run(denoise, expected(0), sigmas, settings, noise, [&](const StepInfo& info) {
          EXPECT_LE((info.x - expected(++steps)).abs().max().item<double>(), 1e-14)
              << recorded["eta"] << " step " << steps;
          return true;
        });
    EXPECT_EQ(steps, recorded["steps"].get<size_t>());
  }
}

}  // namespace
}  // namespace lienzo::diffusion
