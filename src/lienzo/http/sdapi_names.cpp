#include "lienzo/http/sdapi_names.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cctype>

#include "lienzo/http/http_error.h"

namespace lienzo::http {
namespace {

std::string lower(std::string_view text) {
  std::string result(text);
  std::transform(result.begin(), result.end(), result.begin(), [](unsigned char c) {
    return static_cast<char>(std::tolower(c));
  });
  return result;
}

template <class List>
bool contains(const List& list, std::string_view value) {
  return std::find(list.begin(), list.end(), value) != list.end();
}

const SdSampler* find_sampler(const std::string& wanted) {
  for (const SdSampler& row : sd_samplers()) {
    if (lower(row.name) == wanted || row.ours == wanted || contains(row.aliases, wanted))
      return &row;
  }
  return nullptr;
}

const SdScheduler* find_scheduler(const std::string& wanted) {
  for (const SdScheduler& row : sd_schedulers()) {
    if (lower(row.label) == wanted || row.name == wanted ||
        (!row.ours.empty() && row.ours == wanted))
      return &row;
  }
  return nullptr;
}

// A model may have the table under the name of its family.
bool has_schedule(const service::ModelFacts& model, std::string_view schedule) {
  return std::any_of(model.schedules.begin(), model.schedules.end(), [&](const std::string& one) {
    return one == schedule ||
           (schedule == "align_your_steps" && std::string_view(one).starts_with(schedule));
  });
}

// "dpm++ 2m karras" -> "dpm++ 2m" and the scheduler, as get_sampler_and_scheduler() of
// modules/sd_samplers.py does.
const SdScheduler* split_scheduler(std::string& name) {
  for (const SdScheduler& row : sd_schedulers()) {
    for (const std::string_view part : {row.label, row.name}) {
      const std::string tail = " " + lower(part);
      if (!name.ends_with(tail)) continue;
      name.resize(name.size() - tail.size());
      return &row;
    }
  }
  return nullptr;
}

[[noreturn]] void refuse_sampler(const std::string& name, const service::ModelFacts& model) {
  std::vector<std::string_view> names;
  for (const SdSampler* row : usable_samplers(std::span(&model, 1))) names.push_back(row->name);
  throw HttpError(
      400,
      "not_found",
      fmt::format("Sampler not found: '{}'; {} takes {}", name, model.id, fmt::join(names, ", ")),
      "sampler_name");
}

[[noreturn]] void refuse_scheduler(const std::string& name, const service::ModelFacts& model) {
  std::vector<std::string_view> names;
  for (const SdScheduler* row : usable_schedulers(std::span(&model, 1)))
    names.push_back(row->label);
  throw HttpError(
      400,
      "not_found",
      fmt::format("Scheduler not found: '{}'; {} takes {}", name, model.id, fmt::join(names, ", ")),
      "scheduler");
}

}  // namespace

// Names, aliases and schedulers of "Automatic" from AUTOMATIC1111/stable-diffusion-webui,
// modules/sd_samplers_kdiffusion.py, sd_samplers_timesteps.py and sd_samplers_lcm.py.
std::span<const SdSampler> sd_samplers() {
  static const std::vector<SdSampler> rows = {
      {"dpmpp_2m", "DPM++ 2M", {"k_dpmpp_2m"}, "karras"},
      {"dpmpp_sde", "DPM++ SDE", {"k_dpmpp_sde"}, "karras", 1},
      {"dpmpp_2m_sde", "DPM++ 2M SDE", {"k_dpmpp_2m_sde"}, "exponential", 1},
      {"dpmpp_2m_sde_heun", "DPM++ 2M SDE Heun", {"k_dpmpp_2m_sde_heun"}, "exponential", 1},
      {"dpmpp_2s_ancestral", "DPM++ 2S a", {"k_dpmpp_2s_a"}, "karras", 1},
      {"dpmpp_3m", "DPM++ 3M", {}, "normal"},
      {"dpmpp_3m_sde", "DPM++ 3M SDE", {"k_dpmpp_3m_sde"}, "exponential", 1},
      {"euler_ancestral", "Euler a", {"k_euler_a", "k_euler_ancestral"}, "normal", 1},
      {"euler", "Euler", {"k_euler"}, "normal"},
      {"lms", "LMS", {"k_lms"}, "normal"},
      {"heun", "Heun", {"k_heun"}, "normal"},
      {"dpm_2", "DPM2", {"k_dpm_2"}, "karras"},
      {"dpm_2_ancestral", "DPM2 a", {"k_dpm_2_a"}, "karras", 1},
      {"ddim", "DDIM", {}, "", 0},
      {"pndm", "PLMS", {"plms"}, ""},
      {"unipc", "UniPC", {}, ""},
      {"lcm", "LCM", {"k_lcm"}, ""},
      {"ddpm", "DDPM", {}, ""},
      {"tcd", "TCD", {}, ""},
  };
  return rows;
}

// modules/sd_schedulers.py.
std::span<const SdScheduler> sd_schedulers() {
  static constexpr SdScheduler kRows[] = {
      {"", "automatic", "Automatic"},
      {"normal", "uniform", "Uniform", -1, true},
      {"karras", "karras", "Karras", 7},
      {"exponential", "exponential", "Exponential"},
      {"polyexponential", "polyexponential", "Polyexponential", 1},
      {"sgm_uniform", "sgm_uniform", "SGM Uniform", -1, true},
      {"kl_optimal", "kl_optimal", "KL Optimal"},
      {"align_your_steps", "align_your_steps", "Align Your Steps"},
      {"simple", "simple", "Simple", -1, true},
      {"normal", "normal", "Normal", -1, true},
      {"ddim_uniform", "ddim", "DDIM", -1, true},
      {"beta", "beta", "Beta", -1, true},
  };
  return kRows;
}

std::vector<const SdSampler*> usable_samplers(std::span<const service::ModelFacts> models) {
  std::vector<const SdSampler*> rows;
  for (const SdSampler& row : sd_samplers()) {
    const bool used = std::any_of(models.begin(), models.end(), [&](const auto& model) {
      return contains(model.samplers, row.ours);
    });
    if (used) rows.push_back(&row);
  }
  return rows;
}

std::vector<const SdScheduler*> usable_schedulers(std::span<const service::ModelFacts> models) {
  std::vector<const SdScheduler*> rows;
  for (const SdScheduler& row : sd_schedulers()) {
    const bool used = std::any_of(models.begin(), models.end(), [&](const auto& model) {
      return row.ours.empty() || has_schedule(model, row.ours);
    });
    if (used) rows.push_back(&row);
  }
  return rows;
}

SdChoice choose_sampler(const std::string& sampler,
                        const std::string& scheduler,
                        const service::ModelFacts& model) {
  SdChoice choice;
  const SdScheduler* schedule = nullptr;
  if (!sampler.empty()) {
    std::string name = lower(sampler);
    choice.row = find_sampler(name);
    if (!choice.row) {
      schedule = split_scheduler(name);
      choice.row = find_sampler(name);
    }
    if (!choice.row || !contains(model.samplers, choice.row->ours)) refuse_sampler(sampler, model);
    choice.sampler = choice.row->ours;
  }
  if (!schedule && !scheduler.empty()) {
    schedule = find_scheduler(lower(scheduler));
    if (!schedule) refuse_scheduler(scheduler, model);
  }
  if (schedule && !schedule->ours.empty()) {
    if (!has_schedule(model, schedule->ours)) refuse_scheduler(std::string(schedule->label), model);
    choice.schedule = schedule->ours;
  } else if (choice.row && is_stable_diffusion(model) &&
             has_schedule(model, choice.row->automatic)) {
    choice.schedule = choice.row->automatic;
  }
  return choice;
}

bool is_stable_diffusion(const service::ModelFacts& model) {
  return model.family.starts_with("Stable Diffusion");
}

std::optional<std::string> short_hash(const service::ModelFacts& model) {
  if (model.hash.empty()) return std::nullopt;
  return model.hash.substr(0, 10);
}

std::string checkpoint_title(const service::ModelFacts& model) {
  const std::string& file = model.file.empty() ? model.id : model.file;
  const std::optional<std::string> hash = short_hash(model);
  return hash ? fmt::format("{} [{}]", file, *hash) : file;
}

const service::ModelFacts* find_checkpoint(std::span<const service::ModelFacts> models,
                                           const std::string& name) {
  constexpr size_t kShortestHash = 8;
  const std::string wanted = lower(name);
  if (wanted.empty()) return nullptr;
  for (const service::ModelFacts& model : models) {
    const std::string file = lower(model.file);
    for (const std::string& one :
         {lower(model.id), lower(checkpoint_title(model)), file, lower(model.name)}) {
      if (one == wanted) return &model;
    }
    if (file.substr(0, file.rfind('.')) == wanted) return &model;
    if (wanted.size() >= kShortestHash && lower(model.hash).starts_with(wanted)) return &model;
  }
  return nullptr;
}

}  // namespace lienzo::http
