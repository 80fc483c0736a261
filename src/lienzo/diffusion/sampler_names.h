#pragma once

#include <span>
#include <string>
#include <string_view>

/// What other programs call our samplers and schedules: for people who bring a name along, for
/// records and for servers.
namespace lienzo::diffusion {

/// One sampler elsewhere; "" where it is not there.
struct SamplerNames {
  std::string_view ours;
  std::string_view automatic1111;
  std::string_view comfyui;
  std::string_view diffusers;  // the scheduler's class
};

/// One line per sampler of samplers(), in its order.
std::span<const SamplerNames> sampler_names_elsewhere();

struct ScheduleNames {
  std::string_view ours;
  std::string_view automatic1111;
  std::string_view comfyui;
};

/// One line per schedule of schedules(), in its order.
std::span<const ScheduleNames> schedule_names_elsewhere();

struct SamplerChoice {
  std::string sampler;   // ours
  std::string schedule;  // ours, or empty when the name does not tell
};

/// Reads a name of ours, AUTOMATIC1111's ("DPM++ 2M Karras", "k_euler_a"), ComfyUI's
/// ("dpmpp_2m_sde_gpu") or diffusers' ("EulerDiscreteScheduler"); capitals, spaces and hyphens do
/// not matter. Throws kInvalidInput with our names and the nearest one.
SamplerChoice sampler_from_name(std::string_view name);

/// The same for schedules. "default" for "default", "automatic" and ""; "align_your_steps" stands
/// for the table that fits the model.
std::string schedule_from_name(std::string_view name);

/// AUTOMATIC1111's names for its `parameters` text; ours where it has none. The schedule is ""
/// for "default" and custom levels.
std::string automatic1111_sampler(std::string_view sampler);
std::string automatic1111_schedule(std::string_view schedule);

}  // namespace lienzo::diffusion
