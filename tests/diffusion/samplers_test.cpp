#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "lienzo/base/error.h"
#include "lienzo/diffusion/samplers/ddim.h"
#include "lienzo/diffusion/samplers/euler.h"
#include "lienzo/diffusion/samplers/registry.h"
#include "lienzo/diffusion/samplers/sde_noise.h"
#include "lienzo/diffusion/samplers/x0_limit.h"
#include "lienzo/diffusion/schedules.h"
#include "lienzo/tensor/noise.h"

// What must hold for a sampler without any reference: exact solutions, orders of convergence,
// marginals, manners.
namespace lienzo::diffusion {
namespace {

using testing::HasSubstr;
using torch::Tensor;

constexpr double kDeviation = 0.5;  // of the pictures in the Gaussian world

bool works_on(const Sampler& sampler, NoisePath path) {
  return sampler.flow || path == NoisePath::kVarianceExploding;
}

// What every sampler needs to run: tcd asks for middle levels, here halfway down.
SamplerSettings settings_for(const std::vector<double>& sigmas, SamplerSettings settings = {}) {
  for (size_t i = 1; i < sigmas.size(); ++i) settings.middles.push_back(sigmas[i] / 2);
  return settings;
}

// The exact denoiser when the pictures are normal with deviation kDeviation: E[x0 | x].
Denoiser gaussian(NoisePath path) {
  return [path](const Tensor& x, double sigma) {
    const double alpha = path_alpha(path, sigma);
    const double variance = kDeviation * kDeviation;
    return x * (alpha * variance / (alpha * alpha * variance + sigma * sigma));
  };
}

// |error| of the flow from x = 1 at the top to 0, whose exact end keeps the number of deviations.
double gaussian_error(std::string_view sampler, NoisePath path, int steps) {
  const bool flow = path == NoisePath::kRectifiedFlow;
  const double top = flow ? 1 : 5;
  const std::vector<double> sigmas = flow ? flow_sigmas(steps) : karras_sigmas(steps, 0.002, top);
  tensor::NoiseSource noise({1});
  const Tensor end = find_sampler(sampler).run(
      gaussian(path), torch::ones({1, 1}, torch::kDouble), sigmas, {.path = path}, noise, {});
  const double alpha = path_alpha(path, top);
  const double exact = kDeviation / std::sqrt(alpha * alpha * kDeviation * kDeviation + top * top);
  return std::abs(end.item<double>() - exact);
}

TEST(Samplers, ConvergeWithTheirOrder) {
  for (const NoisePath path : {NoisePath::kVarianceExploding, NoisePath::kRectifiedFlow}) {
    const bool flow = path == NoisePath::kRectifiedFlow;
    for (const std::string_view name : {"euler", "ddim"}) {
      const double ratio = gaussian_error(name, path, 40) / gaussian_error(name, path, 80);
      EXPECT_NEAR(ratio, 2, 0.3) << name;
    }
    const double ratio = gaussian_error("heun", path, 40) / gaussian_error("heun", path, 80);
    EXPECT_GT(ratio, 3.2);
    // Their last step, to 0, is of first order but short.
    const double first_order = gaussian_error("euler", path, 40);
    for (const std::string_view name : {"dpmpp_2m", "dpmpp_3m", "lms"})
      EXPECT_LT(gaussian_error(name, path, 40), 0.25 * first_order) << name;
    if (flow) continue;
    for (const std::string_view name : {"dpm_2", "pndm", "unipc"})
      EXPECT_LT(gaussian_error(name, path, 40), 0.25 * first_order) << name;
  }
}

TEST(Samplers, ReachAPointMassExactly) {
  const Tensor point = torch::sin(torch::arange(12, torch::kDouble)).reshape({1, 3, 2, 2});
  const Denoiser denoise = [&](const Tensor&, double) { return point; };
  tensor::NoiseSource noise({3});
  for (const NoisePath path : {NoisePath::kVarianceExploding, NoisePath::kRectifiedFlow}) {
    for (const Sampler& sampler : samplers()) {
      if (!works_on(sampler, path)) continue;
      for (const int steps : {1, 2, 7}) {
        const std::vector<double> sigmas = path == NoisePath::kRectifiedFlow
                                               ? flow_sigmas(steps, 3)
                                               : karras_sigmas(steps, 0.03, 14);
        const Tensor start = torch::cos(point * 9) * sigmas[0];
        const Tensor end = sampler.run(
            denoise, start, sigmas, settings_for(sigmas, {.path = path, .eta = 0.7}), noise, {});
        EXPECT_LE((end - point).abs().max().item<double>(), 1e-12)
            << sampler.name << " in " << steps;
      }
    }
  }
}

TEST(Samplers, StopBetweenOnThePathOfAPointMass) {
  // From t = 0.8 to 0.3 a point mass moves on a straight line: x = (1 - t) x0 + t noise at both
  // ends.
  const double x0 = 0.4, noise_value = -1.3;
  const Denoiser denoise = [&](const Tensor& x, double) { return torch::full_like(x, x0); };
  const std::vector<double> sigmas = {0.8, 0.6, 0.3};
  tensor::NoiseSource noise({3});
  for (const Sampler& sampler : samplers()) {
    if (!sampler.flow || sampler.noisy) continue;
    const Tensor start = torch::full({1, 1}, 0.2 * x0 + 0.8 * noise_value, torch::kDouble);
    const Tensor end =
        sampler.run(denoise, start, sigmas, {.path = NoisePath::kRectifiedFlow}, noise, {});
    EXPECT_NEAR(end.item<double>(), 0.7 * x0 + 0.3 * noise_value, 1e-13) << sampler.name;
  }
}

TEST(Samplers, DdimWithoutNoiseIsEuler) {
  const Denoiser denoise = [](const Tensor& x, double sigma) {
    return torch::tanh(x) / (1 + sigma);
  };
  for (const NoisePath path : {NoisePath::kVarianceExploding, NoisePath::kRectifiedFlow}) {
    const std::vector<double> sigmas =
        path == NoisePath::kRectifiedFlow ? flow_sigmas(9, 2) : karras_sigmas(9, 0.03, 14);
    const Tensor start = torch::linspace(-2, 2, 8, torch::kDouble).reshape({2, 4});
    tensor::NoiseSource noise({1, 2});
    const Tensor euler = sample_euler(denoise, start, sigmas, {.path = path}, noise);
    const Tensor ddim = sample_ddim(denoise, start, sigmas, {.path = path}, noise);
    EXPECT_LE((euler - ddim).abs().max().item<double>(), 1e-13);
  }
}

// Fresh noise must not change the distribution: on both paths the ends have the deviation of the
// pictures.
TEST(Samplers, FreshNoiseKeepsTheMarginal) {
  // The standard error of the deviation is 0.7 %, and the finite number of steps costs the
  // first-order ones 2 %.
  constexpr int64_t kCount = 10000;
  for (const NoisePath path : {NoisePath::kVarianceExploding, NoisePath::kRectifiedFlow}) {
    const bool flow = path == NoisePath::kRectifiedFlow;
    const std::vector<double> sigmas = flow ? flow_sigmas(600) : karras_sigmas(600, 0.002, 20);
    for (const auto& [name, settings] : std::vector<std::pair<std::string_view, SamplerSettings>>{
             {"ddim", {.path = path, .eta = 1}},
             {"euler", {.path = path, .churn = {.s_churn = 40}}},
             {"heun", {.path = path, .churn = {.s_churn = 40}}},
             {"dpmpp_2m_sde", {.path = path, .sde = {.kind = SdeNoise::kSequential}}},
             {"dpmpp_3m_sde", {.path = path, .sde = {.kind = SdeNoise::kSequential}}},
             {"dpm_2", {.path = path, .churn = {.s_churn = 40}}},
             {"euler_ancestral", {.path = path}},
             {"dpm_2_ancestral", {.path = path}},
             {"dpmpp_2s_ancestral", {.path = path}},
             {"dpmpp_sde", {.path = path, .sde = {.kind = SdeNoise::kSequential}}},
             {"ddpm", {.path = path}}}) {
      if (!works_on(find_sampler(name), path)) continue;
      tensor::NoiseSource noise({7});
      const Tensor start = noise.normal({kCount}) * sigmas[0];
      const Tensor end = find_sampler(name).run(gaussian(path), start, sigmas, settings, noise, {});
      EXPECT_NEAR(end.std().item<double>(), kDeviation, 0.045 * kDeviation)
          << name << (flow ? " flow" : " ve");
      const Tensor overlap = (start * end).mean() / (start.std() * end.std());
      EXPECT_LT(overlap.item<double>(), 0.9) << name << " did not add noise";
    }
  }
}

TEST(Samplers, APictureIsTheSameAloneAndInABatch) {
  const Denoiser denoise = [](const Tensor& x, double sigma) {
    return torch::tanh(x) / (1 + sigma);
  };
  const std::vector<double> sigmas = karras_sigmas(6, 0.03, 14);
  const SamplerSettings settings = settings_for(sigmas, {.eta = 1, .churn = {.s_churn = 3}});
  for (const Sampler& sampler : samplers()) {
    const auto draw = [&](std::vector<uint64_t> seeds) {
      tensor::NoiseSource noise(std::move(seeds));
      const Tensor start = noise.normal({3, 4, 4}) * sigmas[0];
      return sampler.run(denoise, start, sigmas, settings, noise, {});
    };
    const Tensor batch = draw({5, 9, 2});
    EXPECT_TRUE(torch::allclose(batch[1], draw({9})[0], 0, 1e-6)) << sampler.name;
    EXPECT_FALSE(torch::allclose(batch[1], batch[0], 0, 1e-3)) << sampler.name;
  }
}

TEST(Samplers, KeepTheTypeAndRecordNoGradients) {
  const Denoiser denoise = [](const Tensor& x, double) { return x * 0.5; };
  tensor::NoiseSource noise({1});
  for (const Sampler& sampler : samplers()) {
    const Tensor start =
        torch::ones({1, 4}, torch::TensorOptions(torch::kBFloat16).requires_grad(true));
    const std::vector<double> sigmas = karras_sigmas(3, 0.1, 2);
    const Tensor end = sampler.run(denoise,
                                   start,
                                   sigmas,
                                   settings_for(sigmas, {.eta = 1, .churn = {.s_churn = 1}}),
                                   noise,
                                   {});
    EXPECT_EQ(end.scalar_type(), torch::kBFloat16) << sampler.name;
    EXPECT_FALSE(end.requires_grad()) << sampler.name;
    EXPECT_TRUE(torch::equal(start, torch::ones_like(start)))
        << sampler.name << " wrote to its input";
  }
}

TEST(Samplers, ReportAndCancel) {
  const std::vector<double> sigmas = karras_sigmas(5, 0.1, 2);
  tensor::NoiseSource noise({1});
  for (const Sampler& sampler : samplers()) {
    int calls = 0;
    const Denoiser denoise = [&](const Tensor& x, double) {
      ++calls;
      return x * 0.5;
    };
    std::vector<int> steps;
    const auto on_step = [&](const StepInfo& info) {
      steps.push_back(info.step);
      EXPECT_EQ(info.total, 5);
      EXPECT_EQ(info.sigma, sigmas[static_cast<size_t>(info.step) - 1]);
      EXPECT_EQ(info.sigma_next, sigmas[static_cast<size_t>(info.step)]);
      EXPECT_EQ(info.denoised.sizes(), info.x.sizes());
      return info.step < 3;
    };
    try {
      sampler.run(denoise, torch::ones({1, 2}), sigmas, settings_for(sigmas), noise, on_step);
      ADD_FAILURE() << sampler.name << " went on";
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::kCancelled);
      EXPECT_THAT(error.what(), HasSubstr("after step 3 of 5"));
    }
    EXPECT_THAT(steps, testing::ElementsAre(1, 2, 3));
    EXPECT_EQ(calls, 3 * sampler.calls_per_step + (sampler.name == "pndm" ? 1 : 0)) << sampler.name;
  }
}

// Inpainting replaces a part of the state between steps.
TEST(Samplers, GoOnFromTheStateThatACallbackPutsInPlace) {
  const std::vector<double> sigmas = karras_sigmas(4, 0.1, 2);
  tensor::NoiseSource noise({1});
  for (const Sampler& sampler : samplers()) {
    Tensor put, seen;
    const Denoiser denoise = [&](const Tensor& x, double) {
      if (put.defined() && !seen.defined()) seen = x;
      return x * 0.5;
    };
    const auto on_step = [&](const StepInfo& info) {
      if (info.step == 2) info.x = put = torch::full_like(info.x, 7);
      return true;
    };
    sampler.run(denoise, torch::ones({1, 2}), sigmas, settings_for(sigmas), noise, on_step);
    EXPECT_TRUE(seen.equal(put)) << sampler.name;
  }
}

TEST(Samplers, AllowALastStepThatChangesNothing) {
  const std::vector<double> sigmas = {3, 1, 0.5, 0.5}, shorter = {3, 1, 0.5};
  const Denoiser denoise = [](const Tensor& x, double sigma) {
    return torch::tanh(x) / (1 + sigma);
  };
  for (const Sampler& sampler : samplers()) {
    // These two make something of the further call: a state drawn anew, a correction.
    if (sampler.name == "lcm" || sampler.name == "unipc") continue;
    const auto end_of = [&](const std::vector<double>& levels) {
      tensor::NoiseSource noise({1});
      SamplerSettings settings = settings_for(levels);
      if (levels.size() > 3) settings.middles[2] = 0.5;
      settings.lower_order_final = false;
      return sampler.run(denoise, torch::ones({1, 2}), levels, settings, noise, {});
    };
    EXPECT_TRUE(torch::allclose(end_of(sigmas), end_of(shorter), 0, 1e-6)) << sampler.name;
  }
}

TEST(Samplers, RefuseWrongInput) {
  const Denoiser denoise = [](const Tensor& x, double) { return x; };
  const Tensor x = torch::ones({1, 2});
  tensor::NoiseSource noise({1});
  for (const Sampler& sampler : samplers()) {
    const auto refused = [&](const Tensor& start, std::vector<double> sigmas, NoisePath path) {
      try {
        sampler.run(denoise, start, sigmas, settings_for(sigmas, {.path = path}), noise, {});
      } catch (const Error& error) {
        return error.kind() == ErrorKind::kInvalidInput;
      }
      return false;
    };
    const NoisePath ve = NoisePath::kVarianceExploding;
    EXPECT_TRUE(refused(x, {}, ve));
    EXPECT_TRUE(refused(x, {1}, ve));
    EXPECT_TRUE(refused(x, {1, 1, 0}, ve));
    EXPECT_TRUE(refused(x, {1, 0, 0}, ve));
    EXPECT_TRUE(refused(x, {0, -1}, ve));
    EXPECT_TRUE(refused(x, {NAN, 0}, ve));
    EXPECT_TRUE(refused(x, {INFINITY, 0}, ve));
    EXPECT_TRUE(refused(x.to(torch::kInt), {1, 0}, ve));
    EXPECT_TRUE(refused(Tensor(), {1, 0}, ve));
    EXPECT_FALSE(refused(x, {2, 0}, ve));
    if (sampler.flow) {
      EXPECT_TRUE(refused(x, {2, 0}, NoisePath::kRectifiedFlow));
      continue;
    }
    try {
      sampler.run(denoise, x, flow_sigmas(2), {.path = NoisePath::kRectifiedFlow}, noise, {});
      ADD_FAILURE() << sampler.name << " ran on a flow";
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::kUnsupported);
      EXPECT_THAT(error.what(), HasSubstr("flow models; use one of: euler, euler_ancestral, heun"));
    }
  }
  // Two pictures, one seed.
  EXPECT_THROW(
      sample_ddim(denoise, torch::ones({2, 2}), std::vector<double>{2, 1}, {.eta = 1}, noise),
      Error);
}

template <typename Call>
std::string sampler_refusal(Call call) {
  try {
    call();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kInvalidInput);
    return error.what();
  }
  ADD_FAILURE() << "nothing was thrown";
  return "";
}

TEST(Samplers, RefuseWrongOptions) {
  const Denoiser denoise = [](const Tensor& x, double) { return x; };
  tensor::NoiseSource noise({1});
  const auto message = [&](std::string_view name, const SamplerSettings& settings) {
    return sampler_refusal([&] {
      find_sampler(name).run(
          denoise, torch::ones({1, 2}), std::vector<double>{2, 1, 0}, settings, noise, {});
    });
  };
  EXPECT_THAT(message("lms", {.order = 5}), HasSubstr("orders 1 to 4, got 5"));
  EXPECT_THAT(message("dpmpp_2m", {.order = 0}), HasSubstr("orders 1 to 3, got 0"));
  EXPECT_THAT(message("dpmpp_2m", {.solver = SolverType::kBh1}), HasSubstr("midpoint or heun"));
  EXPECT_THAT(message("unipc", {.order = 5}), HasSubstr("orders 1 to 4, got 5"));
  EXPECT_THAT(message("unipc", {.solver = SolverType::kHeun}), HasSubstr("bh1 or bh2"));
  EXPECT_THAT(message("tcd", {}), HasSubstr("each of its 2 steps, got 0"));
  EXPECT_THAT(message("tcd", {.middles = {1.5, 0}}), HasSubstr("between 0 and the next level"));
  EXPECT_THAT(message("lcm", {.times = {5}}), HasSubstr("each of its 2 steps, got 1"));
  EXPECT_THAT(message("ddim", {.targets = {1}}), HasSubstr("each of its 2 steps, got 1"));
  EXPECT_THAT(message("pndm", {.runge_kutta_calls = 3}), HasSubstr("four calls, got 3"));
  EXPECT_THAT(message("pndm", {.pndm_calls = {{2, 2, 1}}}), HasSubstr("its calls start steps"));
  // Two pictures and one seed.
  EXPECT_THAT(sampler_refusal([&] {
                find_sampler("dpmpp_sde")
                    .run(denoise, torch::ones({2, 2}), std::vector<double>{2, 1, 0}, {}, noise, {});
              }),
              HasSubstr("2 pictures need one seed each, got 1"));
}

TEST(Samplers, SdeNoiseIsAPathOfItsOwn) {
  const std::vector<double> sigmas = {14, 9, 3, 0};
  const Tensor x = torch::zeros({2, 8});
  tensor::NoiseSource noise({5, 6});
  SdeNoiseSampler own({}, x, sigmas, noise), seeded({.seed = 6}, x, sigmas, noise);
  const Tensor step = own(x, 9, 3);
  EXPECT_TRUE(step.equal(own(x, 9, 3)));
  EXPECT_FALSE(step[0].equal(step[1]));
  EXPECT_TRUE(seeded(x, 9, 3)[0].equal(step[1]));
  EXPECT_TRUE(seeded(x, 9, 3)[1].equal(step[1]));
  // Nothing was drawn from the pictures' generators.
  EXPECT_TRUE(noise.normal({4}).equal(tensor::NoiseSource({5, 6}).normal({4})));
  // A part of a run takes its piece of the whole path.
  SdeNoiseSampler part({.low = 3, .high = 14}, x, std::vector<double>{9, 3, 0}, noise);
  EXPECT_TRUE(part(x, 9, 3).equal(step));
  // The reference's levels are of single precision, and the path is rough.
  const double level = 9.10000051;  // to six decimals another number than in single precision
  EXPECT_TRUE(own(x, level, 3).equal(own(x, static_cast<float>(level), 3)));
  SdeNoiseSampler in_order({.kind = SdeNoise::kSequential}, x, sigmas, noise);
  EXPECT_FALSE(in_order(x, 9, 3).equal(in_order(x, 9, 3)));
}

TEST(Samplers, LimitX0) {
  const Tensor x0 = torch::tensor({{-3.0F, 0.5F, 1.0F, 2.0F}, {-0.1F, 0.2F, 0.3F, 0.4F}});
  EXPECT_TRUE(limit_x0(x0, {}).equal(x0));
  EXPECT_TRUE(
      limit_x0(x0, {.kind = X0Limit::Kind::kClip, .range = 1.5}).equal(x0.clamp(-1.5, 1.5)));
  // The first row's largest number becomes 1, at most 2.5 of it; the second is small already.
  const Tensor limited =
      limit_x0(x0, {.kind = X0Limit::Kind::kThreshold, .ratio = 1, .max_threshold = 2.5});
  EXPECT_TRUE(limited[0].allclose(x0[0].clamp(-2.5, 2.5) / 2.5));
  EXPECT_TRUE(limited[1].equal(x0[1]));
}

TEST(Registry, ListsItsNames) {
  EXPECT_TRUE(sampler_names().starts_with("euler, euler_ancestral, heun, dpm_2"));
  EXPECT_EQ(find_sampler("heun").calls_per_step, 2);
  EXPECT_THAT(sampler_refusal([] { find_sampler("eular"); }),
              HasSubstr("unknown sampler 'eular', did you mean 'euler'? Expected one of: euler, "
                        "euler_ancestral, heun"));
  EXPECT_THAT(sampler_refusal([] { find_sampler("magic"); }),
              HasSubstr("unknown sampler 'magic', expected one of: euler"));
}

}  // namespace
}  // namespace lienzo::diffusion
