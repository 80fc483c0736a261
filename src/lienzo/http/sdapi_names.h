#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "lienzo/service/engine.h"

/// Samplers, schedulers and models by the names that AUTOMATIC1111's clients use.
namespace lienzo::http {

struct SdSampler {
  std::string_view ours;
  std::string_view name;                  // "Euler a"
  std::vector<std::string_view> aliases;  // "k_euler_a"
  std::string_view automatic;  // our schedule that its "Automatic" stands for; "": the model's own
  /// Its eta unless told otherwise; nothing where it takes none.
  std::optional<double> eta = {};
};

struct SdScheduler {
  std::string_view ours;   // "" for automatic
  std::string_view name;   // "sgm_uniform"
  std::string_view label;  // "SGM Uniform"
  double rho = -1;
  bool needs_model = false;
};

std::span<const SdSampler> sd_samplers();
std::span<const SdScheduler> sd_schedulers();

/// Those that at least one model has, in the order of the tables.
std::vector<const SdSampler*> usable_samplers(std::span<const service::ModelFacts> models);
std::vector<const SdScheduler*> usable_schedulers(std::span<const service::ModelFacts> models);

struct SdChoice {
  std::string sampler, schedule;  // ours; empty: the model's own
  const SdSampler* row = nullptr;
};

/// Reads a sampler's name, with a scheduler's behind it or not ("DPM++ 2M Karras"), and a
/// scheduler's; capitals do not matter. With an empty name the model's own. "Automatic" means for
/// Stable Diffusion what it means in AUTOMATIC1111. Throws HttpError(400) "Sampler not found" or
/// "Scheduler not found" for what nobody knows or `model` does not have.
SdChoice choose_sampler(const std::string& sampler,
                        const std::string& scheduler,
                        const service::ModelFacts& model);

/// Whether AUTOMATIC1111's defaults mean something to it.
bool is_stable_diffusion(const service::ModelFacts& model);

/// "v1-5.safetensors [6ce0161689]": what sd_model_checkpoint holds.
std::string checkpoint_title(const service::ModelFacts& model);
/// The first ten digits of its hash, or null.
std::optional<std::string> short_hash(const service::ModelFacts& model);

/// By title, with or without the hash, id, name, file or hash. Nothing when there is none.
const service::ModelFacts* find_checkpoint(std::span<const service::ModelFacts> models,
                                           const std::string& name);

}  // namespace lienzo::http
