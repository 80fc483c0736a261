#include "lienzo/diffusion/sampler_names.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "lienzo/base/error.h"
#include "lienzo/diffusion/samplers/registry.h"
#include "lienzo/diffusion/schedules.h"

namespace lienzo::diffusion {
namespace {

using testing::HasSubstr;

TEST(SamplerNames, OneLinePerSamplerAndSchedule) {
  ASSERT_EQ(sampler_names_elsewhere().size(), samplers().size());
  for (size_t i = 0; i < samplers().size(); ++i)
    EXPECT_EQ(sampler_names_elsewhere()[i].ours, samplers()[i].name);
  ASSERT_EQ(schedule_names_elsewhere().size(), schedules().size());
  for (size_t i = 0; i < schedules().size(); ++i)
    EXPECT_EQ(schedule_names_elsewhere()[i].ours, schedules()[i]);
}

TEST(SamplerNames, EveryNameInTheTableIsRead) {
  for (const SamplerNames& names : sampler_names_elsewhere()) {
    for (const std::string_view name :
         {names.ours, names.automatic1111, names.comfyui, names.diffusers}) {
      if (name.empty()) continue;
      EXPECT_EQ(sampler_from_name(name).sampler, names.ours) << name;
    }
  }
  for (const ScheduleNames& names : schedule_names_elsewhere()) {
    EXPECT_EQ(schedule_from_name(names.ours), names.ours);
    if (names.comfyui.empty()) continue;
    EXPECT_EQ(schedule_from_name(names.comfyui), names.ours);
  }
}

TEST(SamplerNames, Spellings) {
  const auto expect =
      [](std::string_view name, std::string_view sampler, std::string_view schedule) {
        const SamplerChoice choice = sampler_from_name(name);
        EXPECT_EQ(choice.sampler, sampler) << name;
        EXPECT_EQ(choice.schedule, schedule) << name;
      };
  expect("DPM++ 2M Karras", "dpmpp_2m", "karras");
  expect("dpm++ 2m sde exponential", "dpmpp_2m_sde", "exponential");
  expect("DPM++ 2M SDE Heun Karras", "dpmpp_2m_sde_heun", "karras");
  expect("DPM2 a Karras", "dpm_2_ancestral", "karras");
  expect("LMS Karras", "lms", "karras");
  expect("Euler SGM Uniform", "euler", "sgm_uniform");
  expect("k_euler_a", "euler_ancestral", "");
  expect("k_dpmpp_2s_a", "dpmpp_2s_ancestral", "");
  expect("k_dpm_2_a_ka", "dpm_2_ancestral", "karras");
  expect("euler-ancestral", "euler_ancestral", "");
  expect("PLMS", "pndm", "");
  expect("uni_pc", "unipc", "");
  expect("dpmpp_3m_sde_gpu", "dpmpp_3m_sde", "");
  expect("KDPM2AncestralDiscreteScheduler", "dpm_2_ancestral", "");
  EXPECT_EQ(schedule_from_name("SGM Uniform"), "sgm_uniform");
  EXPECT_EQ(schedule_from_name("Align Your Steps"), "align_your_steps");
  EXPECT_EQ(schedule_from_name("KL Optimal"), "kl_optimal");
  EXPECT_EQ(schedule_from_name("Uniform"), "normal");
  EXPECT_EQ(schedule_from_name("Automatic"), "default");
  EXPECT_EQ(schedule_from_name(""), "default");
}

TEST(SamplerNames, ForRecords) {
  EXPECT_EQ(automatic1111_sampler("dpmpp_2m_sde"), "DPM++ 2M SDE");
  EXPECT_EQ(automatic1111_sampler("tcd"), "tcd");
  EXPECT_EQ(automatic1111_schedule("sgm_uniform"), "SGM Uniform");
  EXPECT_EQ(automatic1111_schedule("default"), "");
  EXPECT_EQ(automatic1111_schedule("custom"), "");
}

TEST(SamplerNames, UnknownOnes) {
  const auto refusal = [](auto call) -> std::string {
    try {
      call();
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::kInvalidInput);
      return error.what();
    }
    return "nothing was thrown";
  };
  EXPECT_THAT(refusal([] { sampler_from_name("Euler b Karas"); }),
              HasSubstr("unknown sampler 'Euler b Karas'"));
  EXPECT_THAT(refusal([] { sampler_from_name("dpmpp_2n"); }),
              HasSubstr("did you mean 'dpmpp_2m'? Expected one of: euler, "));
  EXPECT_THAT(refusal([] { sampler_from_name(""); }), HasSubstr("unknown sampler ''"));
  EXPECT_THAT(refusal([] { sampler_from_name("euler_"); }), HasSubstr("unknown sampler"));
  EXPECT_THAT(refusal([] { sampler_from_name(std::string(100'000, '+')); }),
              HasSubstr("unknown sampler '+++"));
  EXPECT_THAT(refusal([] { schedule_from_name("kerras"); }), HasSubstr("did you mean 'karras'?"));
}

}  // namespace
}  // namespace lienzo::diffusion
