#include "lienzo/diffusion/parameterization.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "lienzo/base/error.h"
#include "lienzo/diffusion/guidance.h"
#include "lienzo/diffusion/noise_model.h"
#include "lienzo/diffusion/schedules.h"

namespace lienzo::diffusion {
namespace {

using testing::HasSubstr;
using torch::Tensor;

constexpr Parameterization kAll[] = {Parameterization::kEpsilon,
                                     Parameterization::kV,
                                     Parameterization::kFlow,
                                     Parameterization::kX0,
                                     Parameterization::kEdm};

Tensor numbers(double phase) {
  return torch::sin(torch::arange(24, torch::kDouble) * 1.7 + phase).reshape({2, 3, 2, 2});
}

void expect_close(const Tensor& got, const Tensor& expected, double tolerance) {
  ASSERT_EQ(got.sizes(), expected.sizes());
  EXPECT_LE((got.to(torch::kDouble) - expected.to(torch::kDouble)).abs().max().item<double>(),
            tolerance);
}

TEST(Parameterization, TargetAndX0AreInverse) {
  const Tensor x0 = numbers(0);
  const Tensor noise = numbers(2);
  const std::pair<double, double> levels[] = {{0.6, 0.8}, {0.3, 0.7}, {1.0, 5.0}, {0.999, 0.01}};
  for (const Parameterization parameterization : kAll) {
    for (const auto& [alpha, sigma] : levels) {
      const Tensor x_t = add_noise(x0, noise, alpha, sigma);
      const Tensor output = target(parameterization, x0, noise, alpha, sigma);
      expect_close(to_x0(parameterization, output, x_t, alpha, sigma), x0, 1e-12);
    }
  }
  expect_close(to_noise(x0, add_noise(x0, noise, 0.6, 0.8), 0.6, 0.8), noise, 1e-12);
}

TEST(Parameterization, EachMeansWhatItSays) {
  const Tensor x0 = numbers(0);
  const Tensor noise = numbers(2);
  expect_close(target(Parameterization::kEpsilon, x0, noise, 0.6, 0.8), noise, 0);
  expect_close(target(Parameterization::kX0, x0, noise, 0.6, 0.8), x0, 0);
  expect_close(target(Parameterization::kFlow, x0, noise, 0.6, 0.8), noise - x0, 0);
  expect_close(target(Parameterization::kV, x0, noise, 0.6, 0.8), noise * 0.6 - x0 * 0.8, 1e-15);
  // Karras et al. 2022, table 1: at alpha 1 c_skip = 0.25 / (sigma^2 + 0.25), c_out = 0.5 sigma /
  // sqrt(same).
  const double sum = 0.25 + 0.8 * 0.8;
  const Tensor x_t = add_noise(x0, noise, 1, 0.8);
  const Tensor edm = (x0 - x_t * (0.25 / sum)) / (0.5 * 0.8 / std::sqrt(sum));
  expect_close(target(Parameterization::kEdm, x0, noise, 1, 0.8), edm, 1e-12);
}

TEST(Parameterization, OneLevelPerRow) {
  const Tensor x0 = numbers(0);
  const Tensor noise = numbers(2);
  const Tensor alpha = torch::tensor({0.6, 0.2}, torch::kDouble);
  const Tensor sigma = torch::tensor({0.8, 0.5}, torch::kDouble);
  const Tensor x_t = add_noise(x0, noise, alpha, sigma);
  expect_close(x_t[1], x0[1] * 0.2 + noise[1] * 0.5, 1e-12);
  for (const Parameterization parameterization : kAll) {
    const Tensor output = target(parameterization, x0, noise, alpha, sigma);
    expect_close(output[1], target(parameterization, x0, noise, 0.2, 0.5)[1], 1e-12);
    expect_close(to_x0(parameterization, output, x_t, alpha, sigma), x0, 1e-12);
  }
  EXPECT_THROW(add_noise(x0, noise, torch::ones({3}), sigma), Error);
}

TEST(Parameterization, PureNoise) {
  const Tensor x0 = numbers(0);
  const Tensor noise = numbers(2);
  for (const Parameterization parameterization :
       {Parameterization::kV, Parameterization::kFlow, Parameterization::kX0}) {
    expect_close(
        to_x0(parameterization, target(parameterization, x0, noise, 0, 1), noise, 0, 1), x0, 1e-12);
  }
  EXPECT_THROW(to_x0(Parameterization::kEpsilon, noise, noise, 0, 1), Error);
}

TEST(Parameterization, Names) {
  for (const Parameterization parameterization : kAll) {
    EXPECT_EQ(parameterization_from_name(name(parameterization)), parameterization);
  }
  try {
    parameterization_from_name("eps");
    FAIL();
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), HasSubstr("epsilon, v_prediction, flow, sample, edm"));
  }
}

std::vector<NoiseModel> noise_models() {
  std::vector<NoiseModel> models;
  for (const Parameterization parameterization : kAll) {
    models.push_back(NoiseModel::variance_preserving(
        parameterization,
        alphas_cumprod(betas(BetaSchedule::kScaledLinear, 1000, 0.00085, 0.012))));
    models.push_back(NoiseModel::rectified_flow(1000, parameterization));
  }
  return models;
}

// The batch that trains a network and the denoiser that runs it must agree on the scale of the
// input, on the time and on the meaning of the output, for every row alike.
TEST(NoiseModel, TrainingAndSamplingAgree) {
  const Tensor x0 = numbers(0);
  const Tensor noise = numbers(2);
  const Tensor u = torch::tensor({0.25, 0.9}, torch::kDouble);
  for (const NoiseModel& model : noise_models()) {
    const NoiseModel::TrainingBatch batch = model.training_batch(x0, noise, u);
    for (int64_t row = 0; row < 2; ++row) {
      const bool flow = model.path() == NoisePath::kRectifiedFlow;
      const double level = flow ? u[row].item<double>() : model.sigma_table()[row == 0 ? 250 : 900];
      const Tensor x_sampler =
          add_noise(x0[row], noise[row], path_alpha(model.path(), level), level).unsqueeze(0);
      Tensor seen_x, seen_time;
      const Denoiser denoise = model.denoiser([&](const Tensor& x, const Tensor& time) {
        seen_x = x;
        seen_time = time;
        return batch.target[row].unsqueeze(0);
      });
      expect_close(denoise(x_sampler, level)[0], x0[row], 2e-5);
      expect_close(seen_x[0], batch.x_t[row], 1e-6);
      ASSERT_EQ(seen_time.dim(), 1);
      EXPECT_NEAR(seen_time[0].item<double>(), batch.time[row].item<double>(), 1e-3);
    }
  }
}

TEST(NoiseModel, TimeOfTheNetwork) {
  EXPECT_DOUBLE_EQ(NoiseModel::rectified_flow(1).level(0.25).time, 0.25);
  EXPECT_DOUBLE_EQ(NoiseModel::rectified_flow(1000).level(0.25).time, 250);
  EXPECT_THROW(NoiseModel::rectified_flow(0), Error);
  // The ends of [0, 1) are the ends of the table.
  const NoiseModel model = noise_models()[0];
  const Tensor zeros = torch::zeros({2, 1});
  const Tensor time = model.training_batch(zeros, zeros, torch::tensor({0.0, 0.9999999})).time;
  EXPECT_EQ(time[0].item<double>(), 0);
  EXPECT_EQ(time[1].item<double>(), 999);
}

TEST(Guidance, Formula) {
  const Tensor cond = numbers(0);
  const Tensor uncond = numbers(1);
  expect_close(classifier_free_guidance(cond, uncond, 1), cond, 1e-15);
  expect_close(classifier_free_guidance(cond, uncond, 0), uncond, 0);
  expect_close(classifier_free_guidance(cond, uncond, 7.5), uncond * -6.5 + cond * 7.5, 1e-12);
  EXPECT_THROW(classifier_free_guidance(cond, uncond[0], 2), Error);
}

TEST(Guidance, RescaleRestoresTheDeviationOfEachRow) {
  const Tensor cond = numbers(0);
  const Tensor uncond = numbers(1);
  const Tensor plain = classifier_free_guidance(cond, uncond, 5);
  const Tensor full = classifier_free_guidance(cond, uncond, 5, 1);
  for (int64_t row = 0; row < 2; ++row) {
    EXPECT_NEAR(full[row].std().item<double>(), cond[row].std().item<double>(), 1e-12);
  }
  expect_close(classifier_free_guidance(cond, uncond, 5, 0.7), full * 0.7 + plain * 0.3, 1e-12);
}

TEST(Guidance, OnlyInsideItsInterval) {
  int uncond_calls = 0;
  const Denoiser cond = [](const Tensor& x, double) { return x * 2; };
  const Denoiser uncond = [&](const Tensor& x, double) {
    ++uncond_calls;
    return x;
  };
  const Tensor x = numbers(0);
  const Denoiser guided = guided_denoiser(cond, uncond, {.scale = 3, .interval = {0.2, 0.8}});
  expect_close(guided(x, 0.9), x * 2, 0);
  expect_close(guided(x, 0.2), x * 2, 0);
  EXPECT_EQ(uncond_calls, 0);
  expect_close(guided(x, 0.8), x * 4, 1e-12);
  EXPECT_EQ(uncond_calls, 1);
  guided_denoiser(cond, uncond, {.scale = 1})(x, 0.5);
  EXPECT_EQ(uncond_calls, 1);
}

TEST(NoiseModel, IsToldThePinnedTime) {
  const NoiseModel model = noise_models()[0];
  const double sigma = (model.sigma_table()[40] + model.sigma_table()[41]) / 2;
  EXPECT_EQ(model.level(model.sigma_table()[40]).time, 40);
  EXPECT_NEAR(model.level(sigma).time, 40.5, 0.01);
  EXPECT_NE(model.level(sigma).time, 40.5);
  const NoiseModel pinned = model.with_times({{sigma, 40.5}});
  EXPECT_EQ(pinned.level(sigma).time, 40.5);
  EXPECT_EQ(pinned.level(model.sigma_table()[40]).time, 40);
  EXPECT_FALSE(model.zero_terminal_snr());
}

}  // namespace
}  // namespace lienzo::diffusion
