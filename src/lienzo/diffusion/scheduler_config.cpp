#include "lienzo/diffusion/scheduler_config.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "lienzo/base/config_reader.h"
#include "lienzo/base/error.h"
#include "lienzo/diffusion/sampler_names.h"
#include "lienzo/diffusion/schedules.h"

namespace lienzo::diffusion {
namespace {

[[noreturn]] void refuse_feature(const std::string& where,
                                 std::string_view key,
                                 const Json& value,
                                 std::string_view instead) {
  throw Error(ErrorKind::kUnsupported,
              fmt::format("{}: '{}' is {}, which is not supported; expected {}",
                          where,
                          key,
                          value.dump(),
                          instead));
}

// The keys of a configuration; null stands for a key that is not there.
class Keys {
 public:
  Keys(const Json& config, const std::string& where) : reader_(config, where), where_(where) {}

  template <class T>
  void read(std::string_view key, T& target) {
    if (!value(key).is_null()) reader_.optional(key, target);
  }
  template <class T>
  void read(std::string_view key, std::optional<T>& target) {
    if (!value(key).is_null()) reader_.optional(key, target.emplace());
  }
  Json value(std::string_view key) {
    Json found;
    reader_.optional(key, found);
    return found;
  }
  /// Absent, null or `expected`; anything else is a feature we lack.
  void only(std::string_view key, const Json& expected) {
    const Json found = value(key);
    if (!found.is_null() && found != expected)
      refuse_feature(where_, key, found, expected.is_null() ? "null" : expected.dump());
  }
  /// The value that belongs to a text, if the key is there.
  template <class T, size_t kSize>
  std::optional<T> choice(std::string_view key,
                          const std::array<std::pair<std::string_view, T>, kSize>& choices) {
    std::optional<std::string> text;
    read(key, text);
    if (!text) return std::nullopt;
    std::string known;
    for (const auto& [name, meaning] : choices) {
      if (name == *text) return meaning;
      known += fmt::format("{}\"{}\"", known.empty() ? "" : " or ", name);
    }
    refuse_feature(where_, key, Json(*text), known);
  }

  const std::string& where() const { return where_; }
  ConfigReader& reader() { return reader_; }

 private:
  ConfigReader reader_;
  std::string where_;
};

// ---- the noise model

NoiseModel read_noise_model(Keys& keys, std::string_view class_name) {
  const bool distilled = class_name == "LCMScheduler" || class_name == "TCDScheduler";
  const bool heun_like = class_name == "HeunDiscreteScheduler" || class_name.starts_with("KDPM2") ||
                         class_name == "DPMSolverSDEScheduler";
  int train_steps = 1000;
  double start = distilled || heun_like ? 0.00085 : 0.0001;
  double end = distilled || heun_like ? 0.012 : 0.02;
  keys.read("num_train_timesteps", train_steps);
  keys.read("beta_start", start);
  keys.read("beta_end", end);
  constexpr std::array<std::pair<std::string_view, BetaSchedule>, 4> kBetaSchedules = {{
      {"linear", BetaSchedule::kLinear},
      {"scaled_linear", BetaSchedule::kScaledLinear},
      {"squaredcos_cap_v2", BetaSchedule::kSquaredCos},
      {"sigmoid", BetaSchedule::kSigmoid},
  }};
  const BetaSchedule schedule =
      keys.choice("beta_schedule", kBetaSchedules)
          .value_or(distilled ? BetaSchedule::kScaledLinear : BetaSchedule::kLinear);
  constexpr int kMostTrainSteps = 100'000;
  if (train_steps < 2 || train_steps > kMostTrainSteps) {
    keys.reader().reject("num_train_timesteps",
                         fmt::format("must be 2 to {}, got {}", kMostTrainSteps, train_steps));
  }

  std::vector<double> trained;
  keys.read("trained_betas", trained);
  std::vector<double> bars;
  if (trained.empty()) {
    bars = alphas_cumprod(betas(schedule, train_steps, start, end));
  } else {
    if (static_cast<int>(trained.size()) != train_steps)
      keys.reader().reject("trained_betas", fmt::format("must be {} numbers", train_steps));
    bars = alphas_cumprod(trained);
  }
  bool zero_snr = false;
  keys.read("rescale_betas_zero_snr", zero_snr);
  if (zero_snr) bars = rescale_to_zero_snr(bars);

  constexpr std::array<std::pair<std::string_view, Parameterization>, 3> kOutputs = {{
      {"epsilon", Parameterization::kEpsilon},
      {"v_prediction", Parameterization::kV},
      {"sample", Parameterization::kX0},
  }};
  return NoiseModel::variance_preserving(
      keys.choice("prediction_type", kOutputs).value_or(Parameterization::kEpsilon),
      std::move(bars));
}

// ---- how to sample it

SigmaSpread read_spread(Keys& keys) {
  constexpr std::array<std::pair<std::string_view, SigmaSpread>, 4> kSpreads = {{
      {"use_karras_sigmas", SigmaSpread::kKarras},
      {"use_exponential_sigmas", SigmaSpread::kExponential},
      {"use_beta_sigmas", SigmaSpread::kBeta},
      {"use_lu_lambdas", SigmaSpread::kLu},
  }};
  SigmaSpread spread = SigmaSpread::kTimesteps;
  for (const auto& [key, meaning] : kSpreads) {
    bool used = false;
    keys.read(key, used);
    if (!used) continue;
    if (spread != SigmaSpread::kTimesteps)
      keys.reader().reject(key, "can not be used together with another way to spread the levels");
    spread = meaning;
  }
  return spread;
}

void read_steps(Keys& keys, SchedulerDefaults& defaults) {
  constexpr std::array<std::pair<std::string_view, TimestepSpacing>, 3> kSpacings = {{
      {"leading", TimestepSpacing::kLeading},
      {"trailing", TimestepSpacing::kTrailing},
      {"linspace", TimestepSpacing::kLinspace},
  }};
  constexpr std::array<std::pair<std::string_view, FinalSigma>, 2> kFinals = {{
      {"zero", FinalSigma::kZero},
      {"sigma_min", FinalSigma::kSigmaMin},
  }};
  defaults.spacing = keys.choice("timestep_spacing", kSpacings);
  defaults.final_sigma = keys.choice("final_sigmas_type", kFinals);
  defaults.spread = read_spread(keys);
  keys.read("steps_offset", defaults.steps_offset);
  if (defaults.steps_offset < 0) keys.reader().reject("steps_offset", "must not be negative");
  keys.read("set_alpha_to_one", defaults.set_alpha_to_one);
  keys.read("original_inference_steps", defaults.distillation_steps);
}

void read_limits(Keys& keys, SchedulerDefaults& defaults) {
  keys.read("clip_sample", defaults.clip_sample);
  keys.read("clip_sample_range", defaults.clip_sample_range);
  keys.read("thresholding", defaults.thresholding);
  keys.read("dynamic_thresholding_ratio", defaults.dynamic_thresholding_ratio);
  keys.read("sample_max_value", defaults.sample_max_value);
  if (!(defaults.clip_sample_range > 0))
    keys.reader().reject("clip_sample_range", "must be positive");
  if (!(defaults.dynamic_thresholding_ratio > 0) || defaults.dynamic_thresholding_ratio > 1)
    keys.reader().reject("dynamic_thresholding_ratio", "must be above 0 and at most 1");
  if (!(defaults.sample_max_value > 0))
    keys.reader().reject("sample_max_value", "must be positive");
}

std::optional<SolverType> read_solver(Keys& keys, bool unipc) {
  constexpr std::array<std::pair<std::string_view, SolverType>, 5> kSolvers = {{
      {"midpoint", SolverType::kMidpoint},
      {"heun", SolverType::kHeun},
      {"bh1", SolverType::kBh1},
      {"bh2", SolverType::kBh2},
      {"logrho", SolverType::kMidpoint},
  }};
  const std::optional<SolverType> solver = keys.choice("solver_type", kSolvers);
  // Configurations are handed from class to class; each class has its own in place of another's.
  const bool of_unipc = solver == SolverType::kBh1 || solver == SolverType::kBh2;
  if (!solver || of_unipc == unipc) return solver;
  return unipc ? SolverType::kBh2 : SolverType::kMidpoint;
}

void read_solvers(Keys& keys, std::string_view class_name, SchedulerDefaults& defaults) {
  const bool unipc = class_name == "UniPCMultistepScheduler";
  const bool dpmpp = class_name == "DPMSolverMultistepScheduler";
  keys.read("skip_prk_steps", defaults.skip_prk_steps);
  keys.read("lower_order_final", defaults.lower_order_final);
  keys.read("euler_at_final", defaults.euler_at_final);
  keys.read("timestep_scaling", defaults.timestep_scaling);
  keys.read("noise_sampler_seed", defaults.noise_sampler_seed);
  defaults.solver = read_solver(keys, unipc);
  keys.read("solver_order", defaults.solver_order);
  const int highest = unipc ? 4 : 3;
  if (defaults.solver_order && (*defaults.solver_order < 1 || *defaults.solver_order > highest)) {
    keys.reader().reject("solver_order",
                         fmt::format("must be 1 to {}, got {}", highest, *defaults.solver_order));
  }
  constexpr std::array<std::pair<std::string_view, bool>, 2> kAlgorithms = {{
      {"dpmsolver++", false},
      {"sde-dpmsolver++", true},
  }};
  const bool sde = keys.choice("algorithm_type", kAlgorithms).value_or(false);
  if (dpmpp) {
    const bool third = defaults.solver_order.value_or(2) > 2;
    defaults.sampler = third ? "dpmpp_3m" : "dpmpp_2m";
    if (sde) defaults.sampler += "_sde";
  }
}

// What we have in one form only.
void read_the_rest(Keys& keys, std::string_view class_name) {
  keys.only("interpolation_type", "linear");
  keys.only("timestep_type", "discrete");
  keys.only("sigma_min", nullptr);
  keys.only("sigma_max", nullptr);
  keys.only("use_flow_sigmas", false);
  keys.only("use_dynamic_shifting", false);
  keys.only("shift_terminal", nullptr);
  keys.only("predict_x0", true);
  keys.only("disable_corrector", Json::array());
  keys.only("solver_p", nullptr);
  keys.only("lambda_min_clipped", nullptr);  // -Infinity, which parse_python_json reads as null
  std::optional<std::string> variance;
  keys.read("variance_type", variance);
  const bool fixed = variance == "fixed_small" || variance == "fixed_small_log";
  const bool unused = class_name != "DDPMScheduler" && variance && variance->starts_with("fixed");
  if (variance && !fixed && !unused) {
    refuse_feature(
        keys.where(), "variance_type", Json(*variance), "\"fixed_small\" or \"fixed_small_log\"");
  }
  // Only of use to what was refused above, or to nobody.
  for (const char* key : {"flow_shift",
                          "time_shift_type",
                          "_diffusers_version",
                          "_name_or_path",
                          "_use_default_values"}) {
    keys.value(key);
  }
}

}  // namespace

SchedulerConfig scheduler_config_from_json(const Json& config, const std::string& where) {
  Keys keys(config, where);
  std::string class_name;
  keys.reader().required("_class_name", class_name);
  SchedulerDefaults defaults;
  std::string known;
  bool found = false;
  for (const SamplerNames& names : sampler_names_elsewhere()) {
    if (names.diffusers.empty()) continue;
    known += (known.empty() ? "" : ", ") + std::string(names.diffusers);
    if (names.diffusers != class_name) continue;
    defaults.sampler = names.ours;
    found = true;
  }
  if (!found) {
    throw Error(ErrorKind::kUnsupported,
                fmt::format("{}: the scheduler class '{}' is not supported, expected one of: {}",
                            where,
                            class_name.substr(0, 64),
                            known));
  }
  NoiseModel model = read_noise_model(keys, class_name);
  read_steps(keys, defaults);
  read_limits(keys, defaults);
  read_solvers(keys, class_name, defaults);
  read_the_rest(keys, class_name);
  keys.reader().finish();
  return {.model = std::move(model), .defaults = std::move(defaults)};
}

SchedulerDefaults as_stable_diffusion_pipelines_do(SchedulerDefaults defaults) {
  defaults.steps_offset = 1;
  defaults.clip_sample = false;
  return defaults;
}

SchedulerConfig stable_diffusion_scheduler(Parameterization parameterization) {
  SchedulerDefaults defaults{.sampler = "pndm",
                             .steps_offset = 1,
                             .set_alpha_to_one = false,
                             .clip_sample = false,
                             .skip_prk_steps = true};
  return {.model = NoiseModel::variance_preserving(
              parameterization,
              alphas_cumprod(betas(BetaSchedule::kScaledLinear, 1000, 0.00085, 0.012))),
          .defaults = std::move(defaults)};
}

SchedulerConfig stable_diffusion_xl_scheduler() {
  SchedulerConfig config = stable_diffusion_scheduler();
  config.defaults.sampler = "euler";
  config.defaults.spacing = TimestepSpacing::kLeading;
  config.defaults.align_your_steps = AlignYourStepsTable::kStableDiffusionXl;
  return config;
}

}  // namespace lienzo::diffusion
