#include "lienzo/diffusion/sampler_names.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <optional>
#include <utility>
#include <vector>

#include "lienzo/diffusion/samplers/registry.h"
#include "lienzo/diffusion/schedules.h"
#include "lienzo/diffusion/unknown_name.h"

namespace lienzo::diffusion {
namespace {

constexpr std::array<SamplerNames, 19> kSamplerNames = {{
    {"euler", "Euler", "euler", "EulerDiscreteScheduler"},
    {"euler_ancestral", "Euler a", "euler_ancestral", "EulerAncestralDiscreteScheduler"},
    {"heun", "Heun", "heun", "HeunDiscreteScheduler"},
    {"dpm_2", "DPM2", "dpm_2", "KDPM2DiscreteScheduler"},
    {"dpm_2_ancestral", "DPM2 a", "dpm_2_ancestral", "KDPM2AncestralDiscreteScheduler"},
    {"dpmpp_2s_ancestral", "DPM++ 2S a", "dpmpp_2s_ancestral", ""},
    {"dpmpp_sde", "DPM++ SDE", "dpmpp_sde", "DPMSolverSDEScheduler"},
    {"dpmpp_2m", "DPM++ 2M", "dpmpp_2m", "DPMSolverMultistepScheduler"},
    {"dpmpp_2m_sde", "DPM++ 2M SDE", "dpmpp_2m_sde", ""},
    {"dpmpp_2m_sde_heun", "DPM++ 2M SDE Heun", "dpmpp_2m_sde_heun", ""},
    {"dpmpp_3m", "", "", ""},
    {"dpmpp_3m_sde", "DPM++ 3M SDE", "dpmpp_3m_sde", ""},
    {"unipc", "UniPC", "uni_pc_bh2", "UniPCMultistepScheduler"},
    {"lms", "LMS", "lms", "LMSDiscreteScheduler"},
    {"ddim", "DDIM", "ddim", "DDIMScheduler"},
    {"ddpm", "", "ddpm", "DDPMScheduler"},
    {"pndm", "PLMS", "", "PNDMScheduler"},
    {"lcm", "LCM", "lcm", "LCMScheduler"},
    {"tcd", "", "", "TCDScheduler"},
}};

constexpr std::array<ScheduleNames, 11> kScheduleNames = {{
    {"karras", "Karras", "karras"},
    {"exponential", "Exponential", "exponential"},
    {"polyexponential", "Polyexponential", ""},
    {"normal", "Normal", "normal"},
    {"sgm_uniform", "SGM Uniform", "sgm_uniform"},
    {"simple", "Simple", "simple"},
    {"ddim_uniform", "DDIM", "ddim_uniform"},
    {"beta", "Beta", "beta"},
    {"align_your_steps_sd1", "Align Your Steps", ""},
    {"align_your_steps_sdxl", "Align Your Steps", ""},
    {"kl_optimal", "KL Optimal", "kl_optimal"},
}};

// Further spellings, as plain() writes them.
constexpr std::array<std::pair<std::string_view, std::string_view>, 9> kSamplerSpellings = {{
    {"dpm_2_a", "dpm_2_ancestral"},
    {"dpm2_ancestral", "dpm_2_ancestral"},
    {"uni_pc", "unipc"},
    {"plms", "pndm"},
    {"dpmpp_2m_sde_gpu", "dpmpp_2m_sde"},
    {"dpmpp_2m_sde_heun_gpu", "dpmpp_2m_sde_heun"},
    {"dpmpp_3m_sde_gpu", "dpmpp_3m_sde"},
    {"dpmpp_sde_gpu", "dpmpp_sde"},
    {"dpmpp_2s", "dpmpp_2s_ancestral"},
}};

constexpr std::array<std::pair<std::string_view, std::string_view>, 5> kScheduleSpellings = {{
    {"uniform", "normal"},
    {"ka", "karras"},
    {"automatic", "default"},
    {"align_your_steps", "align_your_steps"},
    {"ays", "align_your_steps"},
}};

// "DPM++ 2S a" and "k-dpmpp-2s-a" alike become "dpmpp_2s_a".
std::string plain(std::string_view name) {
  std::string text;
  for (const char letter : name) {
    if (letter == '+') {
      text += 'p';
    } else if (letter == ' ' || letter == '-') {
      text += '_';
    } else {
      text += static_cast<char>(std::tolower(static_cast<unsigned char>(letter)));
    }
  }
  return text.starts_with("k_") ? text.substr(2) : text;
}

template <typename Names>
bool among(const Names& names, std::string_view wanted) {
  return std::any_of(names.begin(), names.end(), [&](std::string_view name) {
    return !name.empty() && plain(name) == wanted;
  });
}

std::optional<std::string> known_sampler(std::string_view wanted) {
  for (const SamplerNames& names : kSamplerNames) {
    if (among(std::array{names.ours, names.automatic1111, names.comfyui, names.diffusers}, wanted))
      return std::string(names.ours);
  }
  for (const auto& [spelling, ours] : kSamplerSpellings) {
    if (spelling == wanted) return std::string(ours);
  }
  return std::nullopt;
}

std::optional<std::string> known_schedule(std::string_view wanted) {
  if (wanted.empty() || wanted == "default") return "default";
  for (const auto& [spelling, ours] : kScheduleSpellings) {
    if (spelling == wanted) return std::string(ours);
  }
  for (const ScheduleNames& names : kScheduleNames) {
    if (among(std::array{names.ours, names.automatic1111, names.comfyui}, wanted))
      return std::string(names.ours);
  }
  return std::nullopt;
}

}  // namespace

std::span<const SamplerNames> sampler_names_elsewhere() { return kSamplerNames; }

std::span<const ScheduleNames> schedule_names_elsewhere() { return kScheduleNames; }

SamplerChoice sampler_from_name(std::string_view name) {
  constexpr size_t kLongestName = 64;
  const std::string wanted = plain(name.substr(0, kLongestName));
  if (const auto sampler = known_sampler(wanted)) return {*sampler, ""};
  // A schedule behind the sampler: the longest tail that is one.
  for (size_t at = wanted.find('_'); at != std::string::npos; at = wanted.find('_', at + 1)) {
    const auto sampler = known_sampler(std::string_view(wanted).substr(0, at));
    const std::string_view tail = std::string_view(wanted).substr(at + 1);
    const auto schedule = known_schedule(tail);
    if (sampler && schedule && !tail.empty()) return {*sampler, *schedule};
  }
  std::vector<std::string> known;
  for (const Sampler& sampler : samplers()) known.emplace_back(sampler.name);
  refuse_unknown_name("sampler", "sampler", name, known);
}

std::string schedule_from_name(std::string_view name) {
  constexpr size_t kLongestName = 64;
  if (const auto schedule = known_schedule(plain(name.substr(0, kLongestName)))) return *schedule;
  std::vector<std::string> known = {"default", "align_your_steps"};
  for (const std::string_view schedule : schedules()) known.emplace_back(schedule);
  refuse_unknown_name("schedule", "schedule", name, known);
}

std::string automatic1111_sampler(std::string_view sampler) {
  for (const SamplerNames& names : kSamplerNames) {
    if (names.ours == sampler && !names.automatic1111.empty())
      return std::string(names.automatic1111);
  }
  return std::string(sampler);
}

std::string automatic1111_schedule(std::string_view schedule) {
  if (schedule == "default" || schedule == "custom") return "";
  for (const ScheduleNames& names : kScheduleNames) {
    if (names.ours == schedule) return std::string(names.automatic1111);
  }
  return std::string(schedule);
}

}  // namespace lienzo::diffusion
