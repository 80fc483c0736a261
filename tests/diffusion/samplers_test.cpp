#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "lienzo/base/error.h"
#include "lienzo/diffusion/samplers/ddim.h"
#include "lienzo/diffusion/samplers/euler.h"
#include "lienzo/diffusion/samplers/registry.h"
#include "lienzo/diffusion/schedules.h"
#include "lienzo/tensor/noise.h"

// What must hold for a sampler without any reference: exact solutions, orders of convergence,
// marginals, manners.
namespace lienzo::diffusion {
namespace {

using testing::HasSubstr;
using torch::Tensor;

constexpr double kDeviation = 0.5;  // of the pictures in the Gaussian world

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
    for (const std::string_view name : {"euler", "ddim"}) {
      const double ratio = gaussian_error(name, path, 40) / gaussian_error(name, path, 80);
      EXPECT_NEAR(ratio, 2, 0.3) << name;
    }
    const double ratio = gaussian_error("heun", path, 40) / gaussian_error("heun", path, 80);
    EXPECT_GT(ratio, 3.2);
    // Its last step, to 0, is of first order but short.
    EXPECT_LT(gaussian_error("dpmpp_2m", path, 40), 0.25 * gaussian_error("euler", path, 40));
  }
}

TEST(Samplers, ReachAPointMassExactly) {
  const Tensor point = torch::sin(torch::arange(12, torch::kDouble)).reshape({1, 3, 2, 2});
  const Denoiser denoise = [&](const Tensor&, double) { return point; };
  tensor::NoiseSource noise({3});
  for (const NoisePath path : {NoisePath::kVarianceExploding, NoisePath::kRectifiedFlow}) {
    for (const Sampler& sampler : samplers()) {
      for (const int steps : {1, 2, 7}) {
        const std::vector<double> sigmas = path == NoisePath::kRectifiedFlow
                                               ? flow_sigmas(steps, 3)
                                               : karras_sigmas(steps, 0.03, 14);
        const Tensor start = torch::cos(point * 9) * sigmas[0];
        const Tensor end =
            sampler.run(denoise, start, sigmas, {.path = path, .eta = 0.7}, noise, {});
        EXPECT_LE((end - point).abs().max().item<double>(), 1e-13)
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
             {"heun", {.path = path, .churn = {.s_churn = 40}}}}) {
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
  const SamplerSettings settings = {.eta = 1, .churn = {.s_churn = 3}};
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
    const Tensor end = sampler.run(
        denoise, start, karras_sigmas(3, 0.1, 2), {.eta = 1, .churn = {.s_churn = 1}}, noise, {});
    EXPECT_EQ(end.scalar_type(), torch::kBFloat16) << sampler.name;
    EXPECT_FALSE(end.requires_grad()) << sampler.name;
    EXPECT_TRUE(torch::equal(start, torch::ones_like(start)))
        << sampler.name << " wrote to its input";
  }
}

TEST(Samplers, ReportAndCancel) {
  const std::vector<double> sigmas = flow_sigmas(5);
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
      EXPECT_EQ(info.denoised.sizes(), info.x.sizes());
      return info.step < 3;
    };
    try {
      sampler.run(denoise,
                  torch::ones({1, 2}),
                  sigmas,
                  {.path = NoisePath::kRectifiedFlow},
                  noise,
                  on_step);
      ADD_FAILURE() << sampler.name << " went on";
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::kCancelled);
      EXPECT_THAT(error.what(), HasSubstr("after step 3 of 5"));
    }
    EXPECT_THAT(steps, testing::ElementsAre(1, 2, 3));
    EXPECT_EQ(calls, 3 * sampler.calls_per_step) << sampler.name;
  }
}

TEST(Samplers, RefuseWrongInput) {
  const Denoiser denoise = [](const Tensor& x, double) { return x; };
  const Tensor x = torch::ones({1, 2});
  tensor::NoiseSource noise({1});
  for (const Sampler& sampler : samplers()) {
    const auto refused = [&](const Tensor& start, std::vector<double> sigmas, NoisePath path) {
      try {
        sampler.run(denoise, start, sigmas, {.path = path}, noise, {});
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
    EXPECT_TRUE(refused(x, {2, 0}, NoisePath::kRectifiedFlow));
    EXPECT_FALSE(refused(x, {2, 0}, ve));
  }
  // Two pictures, one seed.
  EXPECT_THROW(
      sample_ddim(denoise, torch::ones({2, 2}), std::vector<double>{2, 1}, {.eta = 1}, noise),
      Error);
}

TEST(Registry, ListsItsNames) {
  EXPECT_EQ(sampler_names(), "euler, heun, ddim, dpmpp_2m");
  EXPECT_EQ(find_sampler("heun").calls_per_step, 2);
  try {
    find_sampler("eular");
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kInvalidInput);
    EXPECT_THAT(error.what(), HasSubstr("'eular', expected one of: euler, heun, ddim, dpmpp_2m"));
  }
}

}  // namespace
}  // namespace lienzo::diffusion
