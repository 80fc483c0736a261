#include "lienzo/diffusion/course.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <string>
#include <utility>

#include "lienzo/base/error.h"
#include "lienzo/diffusion/schedules.h"

namespace lienzo::diffusion {
namespace {

constexpr double kPureNoiseSigma = 0x1p24;
constexpr int kPndmOrder = 4;

int train_steps(const NoiseModel& model) { return static_cast<int>(model.sigma_table().size()); }

void check_reach(double highest, int steps, const NoiseModel& model) {
  if (highest <= train_steps(model) - 1) return;
  throw Error(ErrorKind::kInvalidInput,
              fmt::format("[plan] {} steps with this model's steps_offset reach beyond its {} "
                          "training steps; ask for fewer steps",
                          steps,
                          train_steps(model)));
}

std::vector<double> spaced(int steps,
                           const NoiseModel& model,
                           const SchedulerDefaults& defaults,
                           TimestepSpacing fallback,
                           bool extra_point,
                           bool round) {
  std::vector<double> times = timesteps(steps,
                                        train_steps(model),
                                        {.spacing = defaults.spacing.value_or(fallback),
                                         .offset = defaults.steps_offset,
                                         .extra_point = extra_point,
                                         .round = round});
  check_reach(times.front(), steps, model);
  return times;
}

// The levels of `spread` between two ends, without the 0 at the end.
std::vector<double> spread_levels(SigmaSpread spread, int steps, double low, double high) {
  std::vector<double> sigmas;
  switch (spread) {
    case SigmaSpread::kKarras: sigmas = karras_sigmas(steps, low, high); break;
    case SigmaSpread::kBeta: sigmas = beta_sigmas(steps, low, high); break;
    default: sigmas = exponential_sigmas(steps, low, high); break;
  }
  sigmas.pop_back();
  return sigmas;
}

double end_of(const NoiseModel& model, const SchedulerDefaults& defaults) {
  return defaults.final_sigma == FinalSigma::kSigmaMin ? model.sigma_table().front() : 0;
}

Course sigma_course(std::string_view sampler,
                    int steps,
                    const NoiseModel& model,
                    const SchedulerDefaults& defaults) {
  const std::vector<double>& table = model.sigma_table();
  constexpr TimestepSpacing kFallback = TimestepSpacing::kLinspace;
  Course course;
  course.times = spaced(steps, model, defaults, kFallback, false, false);
  for (const double t : course.times) course.asks.push_back(t_to_sigma_linear(table, t));
  if (defaults.spread != SigmaSpread::kTimesteps && steps > 1) {
    course.asks = spread_levels(defaults.spread, steps, course.asks.back(), course.asks.front());
    const bool round = defaults.spread == SigmaSpread::kKarras && sampler.starts_with("dpm_2");
    for (size_t i = 0; i < course.asks.size(); ++i) {
      const double t = sigma_to_t(table, course.asks[i]);
      course.times[i] = round ? std::nearbyint(t) : t;
    }
  }
  if (sampler == "euler") course.end = end_of(model, defaults);
  course.scaled_start = defaults.spacing.value_or(kFallback) == TimestepSpacing::kLeading;
  return course;
}

Course multistep_course(int steps, const NoiseModel& model, const SchedulerDefaults& defaults) {
  const std::vector<double>& table = model.sigma_table();
  Course course;
  if (defaults.spread == SigmaSpread::kTimesteps) {
    course.times = spaced(steps, model, defaults, TimestepSpacing::kLinspace, true, true);
    for (const double t : course.times) course.asks.push_back(t_to_sigma_linear(table, t));
  } else {
    course.asks = spread_levels(defaults.spread, steps, table.front(), table.back());
    // The reference keeps times as whole numbers: rounded for two spreads, cut off for the others.
    const bool round =
        defaults.spread == SigmaSpread::kKarras || defaults.spread == SigmaSpread::kLu;
    for (const double sigma : course.asks) {
      const double t = sigma_to_t(table, sigma);
      course.times.push_back(round ? std::nearbyint(t) : std::floor(t));
    }
  }
  // The lowest of the spread levels is the lowest entry, but for its last bits.
  course.end = std::min(end_of(model, defaults), course.asks.back());
  course.scaled_start = course.scaled_end = true;
  return course;
}

Course whole_steps(std::vector<double> times, const NoiseModel& model) {
  Course course;
  for (const double t : times) course.asks.push_back(discrete_sigma(model, static_cast<int>(t)));
  course.times = std::move(times);
  course.scaled_start = course.scaled_end = true;
  return course;
}

Course discrete_course(std::string_view sampler,
                       int steps,
                       const NoiseModel& model,
                       const SchedulerDefaults& defaults) {
  Course course =
      whole_steps(spaced(steps, model, defaults, TimestepSpacing::kLeading, false, true), model);
  if (sampler != "ddim") return course;
  const double end = defaults.set_alpha_to_one.value_or(true) ? 0 : model.sigma_table().front();
  const int stride = train_steps(model) / steps;
  for (const double t : course.times) {
    const int target = static_cast<int>(t) - stride;
    course.targets.push_back(target < 0 ? end : discrete_sigma(model, target));
  }
  course.end = course.targets.back();
  return course;
}

Course pndm_course(int steps, const NoiseModel& model, const SchedulerDefaults& defaults) {
  std::vector<double> down = spaced(steps, model, defaults, TimestepSpacing::kLeading, false, true);
  const int stride = train_steps(model) / steps;
  std::vector<double> times;
  int runge_kutta_calls = 0;
  if (defaults.skip_prk_steps) {
    times = down;
    if (steps > 1) times.insert(times.begin() + 1, down[1]);
  } else {
    if (steps < kPndmOrder) {
      throw Error(ErrorKind::kInvalidInput,
                  fmt::format("[plan] pndm with its Runge-Kutta start (skip_prk_steps false) needs "
                              "at least {} steps, got {}",
                              kPndmOrder,
                              steps));
    }
    // Three steps of four calls: at the start, twice in the middle and at the end.
    for (int i = 0; i + 1 < kPndmOrder; ++i) {
      const int half = stride / 2;
      const double middle = down[i + 1] + half;
      times.insert(times.end(), {down[i], middle, middle, down[i + 1]});
    }
    runge_kutta_calls = static_cast<int>(times.size());
    times.insert(times.end(), down.begin() + kPndmOrder - 1, down.end());
  }
  Course course = whole_steps(std::move(times), model);
  course.stride = stride;
  course.runge_kutta_calls = runge_kutta_calls;
  course.end = defaults.set_alpha_to_one.value_or(false) ? 0 : model.sigma_table().front();
  return course;
}

Course distilled_course(std::string_view sampler,
                        int steps,
                        const NoiseModel& model,
                        const SchedulerDefaults& defaults) {
  const int grid = defaults.distillation_steps;
  if (grid < 1 || grid > train_steps(model)) {
    throw Error(
        ErrorKind::kInvalidInput,
        fmt::format(
            "[plan] original_inference_steps must be 1 to {}, got {}", train_steps(model), grid));
  }
  if (steps > grid) {
    throw Error(ErrorKind::kInvalidInput,
                fmt::format("[plan] {} has at most the {} steps of its distillation, got {}",
                            sampler,
                            grid,
                            steps));
  }
  std::vector<double> times;
  const double stride = static_cast<double>(grid) / steps;
  const int train_stride = train_steps(model) / grid;
  for (int i = 0; i < steps; ++i) {
    const int place = grid - static_cast<int>(i * stride);
    times.push_back(place * train_stride - 1);
  }
  Course course = whole_steps(std::move(times), model);
  if (sampler == "tcd") course.end = model.sigma_table().front();
  return course;
}

}  // namespace

CourseKind course_kind(std::string_view sampler) {
  static constexpr std::array<std::pair<std::string_view, CourseKind>, 11> kKinds = {{
      {"dpmpp_2m", CourseKind::kMultistep},
      {"dpmpp_2m_sde", CourseKind::kMultistep},
      {"dpmpp_2m_sde_heun", CourseKind::kMultistep},
      {"dpmpp_3m", CourseKind::kMultistep},
      {"dpmpp_3m_sde", CourseKind::kMultistep},
      {"unipc", CourseKind::kMultistep},
      {"ddim", CourseKind::kDiscrete},
      {"ddpm", CourseKind::kDiscrete},
      {"pndm", CourseKind::kPndm},
      {"lcm", CourseKind::kDistilled},
      {"tcd", CourseKind::kDistilled},
  }};
  for (const auto& [name, kind] : kKinds) {
    if (name == sampler) return kind;
  }
  return CourseKind::kSigma;
}

double discrete_sigma(const NoiseModel& model, int t) {
  const std::vector<double>& table = model.sigma_table();
  const auto last = static_cast<int>(table.size()) - 1;
  if (t >= last && model.zero_terminal_snr()) {
    if (model.parameterization() == Parameterization::kEpsilon) {
      throw Error(ErrorKind::kUnsupported,
                  "[plan] an epsilon model with zero terminal SNR says nothing about pure noise; "
                  "use the sampler euler or dpmpp_2m, or steps that begin below it");
    }
    return kPureNoiseSigma;
  }
  return table[static_cast<size_t>(std::clamp(t, 0, last))];
}

Course diffusers_course(std::string_view sampler,
                        int steps,
                        const NoiseModel& model,
                        const SchedulerDefaults& defaults) {
  switch (course_kind(sampler)) {
    case CourseKind::kSigma: return sigma_course(sampler, steps, model, defaults);
    case CourseKind::kMultistep: return multistep_course(steps, model, defaults);
    case CourseKind::kDiscrete: return discrete_course(sampler, steps, model, defaults);
    case CourseKind::kPndm: return pndm_course(steps, model, defaults);
    case CourseKind::kDistilled: return distilled_course(sampler, steps, model, defaults);
  }
  throw Error(ErrorKind::kInternal, "[plan] unknown kind of course");
}

Course course_along(std::string_view sampler, std::vector<double> sigmas) {
  const CourseKind kind = course_kind(sampler);
  Course course;
  course.end = sigmas.back();
  sigmas.pop_back();
  course.asks = std::move(sigmas);
  course.scaled_start = course.scaled_end =
      kind != CourseKind::kSigma && kind != CourseKind::kMultistep;
  return course;
}

std::vector<PndmCall> pndm_calls(const Course& course, size_t first, const NoiseModel& model) {
  const auto level = [&](int t) { return t < 0 ? course.end : discrete_sigma(model, t); };
  std::vector<PndmCall> calls;
  for (size_t i = first; i < course.asks.size(); ++i) {
    const auto t = static_cast<int>(course.times[i]);
    const auto count = static_cast<int>(i - first);
    int from = t, to = t - course.stride;
    if (count < course.runge_kutta_calls) {
      from = static_cast<int>(course.times[i - i % kPndmOrder]);
      to = t - (count % 2 == 0 ? course.stride / 2 : 0);
    } else if (count == 1) {
      from = t + course.stride;
      to = t;
    }
    calls.push_back({course.asks[i], level(from), level(to)});
  }
  return calls;
}

}  // namespace lienzo::diffusion
