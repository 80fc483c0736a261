#include "lienzo/diffusion/schedules.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "lienzo/base/error.h"
#include "lienzo/diffusion/beta_quantile.h"

// Expected numbers were computed with diffusers 0.30.3, k-diffusion and the programs named in
// schedules.h, for Stable Diffusion's table (scaled_linear 0.00085 to 0.012, T = 1000), and cut
// after five decimals. The last bits of torch's float32 linspace depend on the processor, which
// moves sigma_max = 14.614641 by some 1e-5.
namespace lienzo::diffusion {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

const std::vector<double>& sd_alphas() {
  static const std::vector<double> kAlphas =
      alphas_cumprod(betas(BetaSchedule::kScaledLinear, 1000, 0.00085, 0.012));
  return kAlphas;
}

const std::vector<double>& sd_table() {
  static const std::vector<double> kTable = sigmas_from_alphas_cumprod(sd_alphas());
  return kTable;
}

void expect_schedule(const std::vector<double>& got,
                     std::vector<double> expected,
                     double tolerance = 1.5e-5) {
  expected.push_back(0);
  ASSERT_EQ(got.size(), expected.size());
  for (size_t i = 0; i < got.size(); ++i)
    EXPECT_NEAR(got[i], expected[i], tolerance) << "entry " << i;
}

template <typename Call>
std::string refusal(Call call) {
  try {
    call();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kInvalidInput);
    return error.what();
  }
  ADD_FAILURE() << "nothing was thrown";
  return "";
}

TEST(Tables, StableDiffusion) {
  EXPECT_NEAR(sd_alphas().front(), 0.99915, 1e-7);
  EXPECT_NEAR(sd_alphas().back(), 0.0046600986, 1e-8);
  EXPECT_NEAR(sd_table().front(), 0.029167158, 1e-6);
  EXPECT_NEAR(sd_table().back(), 14.614641, 2e-5);
}

TEST(Tables, LinearAndCosine) {
  const std::vector<double> linear = betas(BetaSchedule::kLinear, 1000, 1e-4, 0.02);
  EXPECT_NEAR(linear[0], 1e-4, 1e-10);
  EXPECT_NEAR(linear[500], 1e-4 + 0.0199 * 500 / 999, 1e-9);
  EXPECT_NEAR(linear[999], 0.02, 1e-9);
  const std::vector<double> cosine = betas(BetaSchedule::kSquaredCos, 1000, 0, 0);
  EXPECT_NEAR(cosine[0], 4.1284e-5, 1e-8);
  EXPECT_NEAR(cosine[999], 0.999, 1e-7);
  // Away from the cap the product telescopes to f(t) / f(0).
  const auto f = [](double s) { return std::pow(std::cos((s + 0.008) / 1.008 * M_PI / 2), 2); };
  EXPECT_NEAR(alphas_cumprod(cosine)[499], f(0.5) / f(0), 1e-5);
}

TEST(Tables, ZeroSnrEndsInPureNoiseAndKeepsTheStart) {
  const std::vector<double> rescaled = rescale_to_zero_snr(sd_alphas());
  EXPECT_NEAR(rescaled.front(), sd_alphas().front(), 1e-7);
  EXPECT_DOUBLE_EQ(rescaled.back(), std::pow(2.0, -24));
  EXPECT_NEAR(sigmas_from_alphas_cumprod(rescaled).back(), 4096, 0.01);
  // diffusers 0.42.1 DDIMScheduler(rescale_betas_zero_snr=True).alphas_cumprod
  const std::pair<size_t, double> reference[] = {{1, 0.9982334971427917},
                                                 {500, 0.2410186380147934},
                                                 {990, 1.6530386346857995e-05},
                                                 {998, 1.9679633567193378e-07}};
  for (const auto& [entry, value] : reference) {
    EXPECT_NEAR(rescaled[entry], value, 1e-4 * value) << entry;
  }
}

TEST(Tables, SigmaAndTimeAreInverse) {
  for (const double t : {0.0, 0.25, 17.0, 345.6, 998.9, 999.0}) {
    EXPECT_NEAR(sigma_to_t(sd_table(), t_to_sigma(sd_table(), t)), t, 1e-9);
  }
  EXPECT_EQ(sigma_to_t(sd_table(), 0), 0);
  EXPECT_EQ(sigma_to_t(sd_table(), 1e6), 999);
  EXPECT_DOUBLE_EQ(t_to_sigma_linear(sd_table(), 10.5), (sd_table()[10] + sd_table()[11]) / 2);
}

TEST(Tables, RefuseWhatIsNotATable) {
  EXPECT_THAT(refusal([] {
                sigmas_from_alphas_cumprod(std::vector<double>{0.5, 0.9});
              }),
              HasSubstr("descend"));
  EXPECT_THAT(refusal([] {
                sigmas_from_alphas_cumprod(std::vector<double>{1.0, 0.9});
              }),
              HasSubstr("between 0 and 1"));
  EXPECT_THAT(refusal([] { beta_schedule_from_name("cosine"); }), HasSubstr("squaredcos_cap_v2"));
  refusal([] { betas(BetaSchedule::kLinear, 10, 0.5, 0.1); });
}

TEST(Timesteps, Spacings) {
  const std::vector<double> leading = timesteps(20, 1000, {.offset = 1});
  EXPECT_EQ(leading.size(), 20u);
  EXPECT_EQ(leading[0], 951);
  EXPECT_EQ(leading[1], 901);
  EXPECT_EQ(leading[19], 1);
  const std::vector<double> trailing = timesteps(20, 1000, {.spacing = TimestepSpacing::kTrailing});
  EXPECT_EQ(trailing[0], 999);
  EXPECT_EQ(trailing[1], 949);
  EXPECT_EQ(trailing[19], 49);
  EXPECT_THAT(timesteps(4, 1000, {.spacing = TimestepSpacing::kTrailing}),
              ElementsAre(999, 749, 499, 249));
  EXPECT_THAT(timesteps(20, 1000, {.spacing = TimestepSpacing::kLinspace}),
              ElementsAre(999,
                          946,
                          894,
                          841,
                          789,
                          736,
                          684,
                          631,
                          578,
                          526,
                          473,
                          421,
                          368,
                          315,
                          263,
                          210,
                          158,
                          105,
                          53,
                          0));
  const std::vector<double> dpm =
      timesteps(10, 1000, {.spacing = TimestepSpacing::kLinspace, .extra_point = true});
  EXPECT_EQ(dpm.size(), 10u);
  EXPECT_EQ(dpm.back(), 100);
  EXPECT_THAT(refusal([] { timesteps(11, 10, {}); }), HasSubstr("11 steps"));
  EXPECT_EQ(timestep_spacing_from_name("trailing"), TimestepSpacing::kTrailing);
}

TEST(Schedules, Karras) {
  const std::vector<double> got = karras_sigmas(10, sd_table().front(), sd_table().back());
  expect_schedule(
      got,
      {14.61464, 9.10293, 5.47839, 3.16860, 1.74942, 0.91407, 0.44692, 0.20140, 0.08191, 0.02917});
  const std::vector<double> times = {
      999, 916.2839, 815.0447, 687.1527, 523.1981, 327.1460, 145.9381, 40.8564, 6.7323, 0};
  for (size_t i = 0; i < times.size(); ++i)
    EXPECT_NEAR(sigma_to_t(sd_table(), got[i]), times[i], 2e-3);
}

TEST(Schedules, Exponential) {
  const std::vector<double> expected = {
      14.61464, 7.32487, 3.67123, 1.84002, 0.92222, 0.46222, 0.23166, 0.11611, 0.05819, 0.02917};
  expect_schedule(exponential_sigmas(10, sd_table().front(), sd_table().back()), expected);
  // rho bends the same line in the logarithm.
  const std::vector<double> bent = polyexponential_sigmas(3, 1, std::exp(1.0), 2);
  expect_schedule(bent, {std::exp(1.0), std::exp(0.25), 1}, 1e-12);
}

TEST(Schedules, OverTheTable) {
  expect_schedule(
      normal_sigmas(10, sd_table()),
      {14.61464, 7.83988, 4.60917, 2.91831, 1.95016, 1.34493, 0.93236, 0.62498, 0.36866, 0.02917});
  expect_schedule(
      sgm_uniform_sigmas(10, sd_table()),
      {14.61464, 8.30717, 5.09241, 3.32507, 2.27973, 1.61558, 1.16286, 0.83188, 0.57119, 0.34370});
  const std::vector<double>& t = sd_table();
  expect_schedule(simple_sigmas(3, t), {t[999], t[999 - 333], t[999 - 666]}, 0);
}

TEST(Schedules, DdimUniform) {
  const std::vector<double>& t = sd_table();
  expect_schedule(ddim_uniform_sigmas(4, t), {t[751], t[501], t[251], t[1]}, 0);
  // 1000 / 7 rounds down to 142, and so eight fit.
  EXPECT_EQ(ddim_uniform_sigmas(7, t).size(), 9u);
}

TEST(Schedules, Beta) {
  expect_schedule(beta_sigmas(10, sd_table().front(), sd_table().back()),
                  {14.61464,
                   13.92778,
                   12.49098,
                   10.59761,
                   8.44244,
                   6.20137,
                   4.04620,
                   2.15283,
                   0.71602,
                   0.02917});
}

// scipy.stats.beta.ppf, scipy 1.17.1.
TEST(Schedules, BetaQuantile) {
  const double expected[][4] = {{0.1, 0.6, 0.6, 0.03958440558878085},
                                {0.5, 0.6, 0.6, 0.5},
                                {0.999, 0.6, 0.6, 0.9999814412614826},
                                {0.3, 2, 5, 0.18180347131894917}};
  for (const auto& [p, a, b, x] : expected) EXPECT_NEAR(beta_quantile(p, a, b), x, 1e-12);
  EXPECT_EQ(beta_quantile(0, 0.6, 0.6), 0);
  EXPECT_EQ(beta_quantile(1, 0.6, 0.6), 1);
}

TEST(Schedules, AlignYourSteps) {
  expect_schedule(align_your_steps_sigmas(20, AlignYourStepsTable::kStableDiffusion1),
                  {14.615, 9.5217, 6.3012, 4.8,   3.7179, 3.0781, 2.5489, 2.1115, 1.7703, 1.511,
                   1.266,  1.0413, .8514,  .6934, .5441,  .4202,  .2658,  .1599,  .0694,  .029},
                  5.1e-5);
  const std::vector<double> eleven =
      align_your_steps_sigmas(11, AlignYourStepsTable::kStableDiffusionXl);
  EXPECT_NEAR(eleven[1], 6.315, 1e-12);
  EXPECT_NEAR(eleven[9], 0.113, 1e-12);
}

TEST(Schedules, KlOptimalEndsAboveZero) {
  const std::vector<double> got = kl_optimal_sigmas(2, 0.5, 4);
  ASSERT_EQ(got.size(), 3u);
  EXPECT_NEAR(got[0], 4, 1e-12);
  EXPECT_NEAR(got[1], std::tan((std::atan(4) + std::atan(0.5)) / 2), 1e-12);
  EXPECT_NEAR(got[2], 0.5, 1e-12);
}

TEST(Schedules, ByName) {
  EXPECT_EQ(schedules().size(), 11u);
  EXPECT_EQ(schedule_by_name("simple", 5, sd_table()), simple_sigmas(5, sd_table()));
  EXPECT_EQ(schedule_by_name("karras", 5, sd_table()),
            karras_sigmas(5, sd_table().front(), sd_table().back()));
  EXPECT_THAT(refusal([] { schedule_by_name("karas", 5, sd_table()); }),
              HasSubstr("unknown schedule 'karas', did you mean 'karras'? Expected one of: karras, "
                        "exponential"));
}

TEST(Schedules, EveryOneDescendsFromOneStepUp) {
  for (const std::string_view name : schedules()) {
    for (const int n : {1, 2, 25, 40}) {
      const std::vector<double> sigmas = schedule_by_name(name, n, sd_table());
      if (name != "ddim_uniform") {
        ASSERT_EQ(sigmas.size(), static_cast<size_t>(n) + 1) << name;
        EXPECT_NEAR(sigmas.front(), sd_table().back(), 5e-4) << name;
      }
      if (name == "kl_optimal") {
        EXPECT_NEAR(sigmas.back(), sd_table().front(), 1e-9);
      } else {
        EXPECT_EQ(sigmas.back(), 0) << name;
      }
      for (size_t i = 1; i < sigmas.size(); ++i) EXPECT_LT(sigmas[i], sigmas[i - 1]) << name;
    }
    EXPECT_THAT(refusal([&] { schedule_by_name(name, 0, sd_table()); }),
                HasSubstr("at least one step"));
  }
}

TEST(Flow, ShiftedSchedules) {
  expect_schedule(flow_sigmas(4), {1, 0.75, 0.5, 0.25}, 1e-12);
  expect_schedule(
      sd3_sigmas(10),
      {1, .960129, .913349, .857692, .790368, .707278, .602151, .464876, .278049, .008929},
      1e-6);
  EXPECT_NEAR(std::log(flux_shift(4096)), 1.15, 1e-12);
  EXPECT_NEAR(std::log(flux_shift(1024)), 0.63, 1e-12);
  EXPECT_NEAR(std::log(flux_shift(256)), 0.5, 1e-12);
  expect_schedule(flow_sigmas(4, flux_shift(4096)), {1, .904531, .759511, .512844}, 1e-6);
  EXPECT_THAT(refusal([] { flow_sigmas(4, 0); }), HasSubstr("shift"));
}

}  // namespace
}  // namespace lienzo::diffusion
