#include "lienzo/diffusion/sampling_plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "lienzo/base/error.h"
#include "lienzo/diffusion/course.h"
#include "lienzo/diffusion/sampler_names.h"
#include "lienzo/diffusion/samplers/pndm.h"
#include "lienzo/diffusion/samplers/registry.h"
#include "lienzo/diffusion/schedules.h"

namespace lienzo::diffusion {
namespace {

constexpr int kMostSteps = 1000;
constexpr double kTcdEta = 0.3;

[[noreturn]] void refuse_plan(const std::string& what) {
  throw Error(ErrorKind::kInvalidInput, "[plan] " + what);
}

void check_share(std::string_view name, double value, double low, double high) {
  if (value >= low && value <= high) return;
  refuse_plan(fmt::format("{} must lie between {} and {}, got {}", name, low, high, value));
}

void check_request(const SamplingRequest& request, const NoiseModel& model) {
  if (model.path() != NoisePath::kVarianceExploding) {
    throw Error(ErrorKind::kUnsupported,
                "[plan] flow models have schedules of their own (flow_sigmas)");
  }
  const auto train_steps = static_cast<int>(model.sigma_table().size());
  if (request.sigmas.empty()) {
    if (request.steps < 1 || request.steps > kMostSteps)
      refuse_plan(fmt::format("steps must be 1 to {}, got {}", kMostSteps, request.steps));
    if (request.steps > train_steps) {
      refuse_plan(fmt::format(
          "{} steps are more than the {} the model was trained with", request.steps, train_steps));
    }
  } else if (request.sigmas.size() < 2 || request.sigmas.size() > kMostSteps + 1) {
    refuse_plan(fmt::format("a list of levels needs 2 to {} of them (steps and one), got {}",
                            kMostSteps + 1,
                            request.sigmas.size()));
  }
  if (!(request.strength > 0))
    refuse_plan(fmt::format("strength must be above 0, got {}", request.strength));
  check_share("strength", request.strength, 0, 1);
  check_share("start", request.start, 0, 1);
  check_share("end", request.end, 0, 1);
  if (!(request.start < request.end))
    refuse_plan(fmt::format("start {} must be below end {}", request.start, request.end));
  if (request.start > 0 && request.strength < 1)
    refuse_plan("strength and start both leave out the beginning; give one of them");
  if (request.eta) check_share("eta", *request.eta, 0, 1);
  constexpr double kMostNoise = 10;
  check_share("s_noise", request.s_noise, 0, kMostNoise);
  check_share("s_churn", request.churn.s_churn, 0, kMostSteps);
}

struct Names {
  std::string sampler, schedule;
};

Names names_of(const SamplingRequest& request, const SchedulerDefaults& defaults) {
  Names names{.sampler = defaults.sampler, .schedule = schedule_from_name(request.schedule)};
  if (!request.sampler.empty()) {
    SamplerChoice choice = sampler_from_name(request.sampler);
    names.sampler = std::move(choice.sampler);
    if (request.schedule.empty() && !choice.schedule.empty())
      names.schedule = std::move(choice.schedule);
  }
  if (names.schedule == "align_your_steps") {
    names.schedule = defaults.align_your_steps == AlignYourStepsTable::kStableDiffusion1
                         ? "align_your_steps_sd1"
                         : "align_your_steps_sdxl";
  }
  if (!request.sigmas.empty()) names.schedule = "custom";
  return names;
}

Course course_of(const Names& names,
                 const SamplingRequest& request,
                 const NoiseModel& model,
                 const SchedulerDefaults& defaults) {
  if (!request.sigmas.empty()) return course_along(names.sampler, request.sigmas);
  if (names.schedule == "default")
    return diffusers_course(names.sampler, request.steps, model, defaults);
  return course_along(names.sampler,
                      schedule_by_name(names.schedule, request.steps, model.sigma_table()));
}

double time_of(const Course& course, const NoiseModel& model, size_t i) {
  return course.times.empty() ? sigma_to_t(model.sigma_table(), course.asks[i]) : course.times[i];
}

// The part of the course to run: calls [first, last).
struct Part {
  size_t first = 0, last = 0;
};

Part part_of(const Course& course, const SamplingRequest& request, const NoiseModel& model) {
  // PNDM makes one call more than steps; diffusers counts the steps left out among its calls.
  const size_t calls = course.asks.size();
  const int steps =
      request.sigmas.empty() && course.stride > 0 ? request.steps : static_cast<int>(calls);
  const int kept = std::min(static_cast<int>(steps * request.strength), steps);
  if (kept < 1) {
    refuse_plan(
        fmt::format("strength {} leaves none of {} steps; use more steps or a higher strength",
                    request.strength,
                    steps));
  }
  Part part{static_cast<size_t>(steps - kept), calls};
  const auto train_steps = static_cast<double>(model.sigma_table().size());
  if (request.start > 0) {
    const double below = std::nearbyint(train_steps - request.start * train_steps);
    while (part.first < calls && time_of(course, model, part.first) >= below) ++part.first;
  }
  if (request.end < 1) {
    const double from = std::nearbyint(train_steps - request.end * train_steps);
    while (part.last > part.first && time_of(course, model, part.last - 1) < from) --part.last;
  }
  if (part.first >= part.last) {
    refuse_plan(fmt::format("from {} to {} there is none of the {} steps; use more steps",
                            request.start,
                            request.end,
                            steps));
  }
  return part;
}

template <typename T>
std::vector<T> cut(const std::vector<T>& all, const Part& part) {
  if (all.empty()) return {};
  return {all.begin() + static_cast<std::ptrdiff_t>(part.first),
          all.begin() + static_cast<std::ptrdiff_t>(part.last)};
}

X0Limit limit_of(std::string_view sampler, const SchedulerDefaults& defaults) {
  const bool discrete = sampler == "ddim" || sampler == "ddpm";
  const bool multistep = course_kind(sampler) == CourseKind::kMultistep;
  X0Limit limit{.range = defaults.clip_sample_range,
                .ratio = defaults.dynamic_thresholding_ratio,
                .max_threshold = defaults.sample_max_value};
  if (defaults.thresholding && (discrete || multistep || sampler == "lcm")) {
    limit.kind = X0Limit::Kind::kThreshold;
  } else if ((discrete || sampler == "lcm" || sampler == "heun") &&
             defaults.clip_sample.value_or(discrete)) {
    limit.kind = X0Limit::Kind::kClip;
  }
  return limit;
}

// The rules by which diffusers' multistep schedulers choose their orders.
void set_orders(SamplerSettings& settings,
                const Names& names,
                const SchedulerDefaults& defaults,
                size_t all_steps) {
  constexpr size_t kFewSteps = 15;
  const bool own = names.sampler == defaults.sampler;
  const bool lower = defaults.lower_order_final.value_or(true);
  if (own) settings.order = defaults.solver_order;
  if (own) settings.solver = defaults.solver;
  if (names.sampler == "unipc") {
    settings.lower_order_final = lower;
    return;
  }
  if (!settings.solver && names.sampler == "dpmpp_3m_sde") settings.solver = SolverType::kMidpoint;
  settings.lower_order_last = defaults.euler_at_final || (lower && all_steps < kFewSteps);
  settings.lower_order_before_last = lower && all_steps < kFewSteps;
  settings.diffusers_third_order = own;
  settings.sde.kind = SdeNoise::kSequential;
}

// The level TCD goes down to in each step: at (1 - eta) of the time of the next one.
std::vector<double> tcd_middles(const Course& course, const NoiseModel& model, double eta) {
  std::vector<double> middles;
  for (size_t i = 1; i < course.asks.size(); ++i) {
    const double t = (1 - eta) * time_of(course, model, i);
    const double middle = course.times.empty()
                              ? t_to_sigma(model.sigma_table(), t)
                              : discrete_sigma(model, static_cast<int>(std::floor(t)));
    middles.push_back(std::min(middle, course.asks[i]));
  }
  middles.push_back(course.end);
  return middles;
}

int calls_of(const Sampler& sampler, const SamplingPlan& plan) {
  if (sampler.name == "pndm") return static_cast<int>(plan.settings.pndm_calls.size());
  // The second call of a step to 0 is left out.
  const bool to_zero = sampler.calls_per_step > 1 && plan.sigmas.back() == 0;
  return plan.steps() * sampler.calls_per_step - (to_zero ? 1 : 0);
}

void check_levels(const std::vector<double>& sigmas) {
  for (size_t i = 0; i < sigmas.size(); ++i) {
    const bool last = i + 1 == sigmas.size();
    const bool positive = std::isfinite(sigmas[i]) && (sigmas[i] > 0 || (last && sigmas[i] == 0));
    if (!positive || (i > 0 && sigmas[i] > sigmas[i - 1]) ||
        (i > 0 && !last && sigmas[i] == sigmas[i - 1])) {
      refuse_plan(
          fmt::format("noise levels must descend and be above 0 (the last may be 0), got {} at "
                      "position {}",
                      sigmas[i],
                      i));
    }
  }
}

// What the sampler is told that does not depend on the part of the course.
SamplerSettings settings_of(const Names& names,
                            const SamplingRequest& request,
                            const NoiseModel& model,
                            const SchedulerDefaults& defaults,
                            const Course& course) {
  SamplerSettings settings{.s_noise = request.s_noise, .churn = request.churn};
  if (names.schedule == "default") {
    settings.limit = limit_of(names.sampler, defaults);
    if (course_kind(names.sampler) == CourseKind::kMultistep)
      set_orders(settings, names, defaults, course.asks.size());
  }
  settings.eta = request.eta;
  if (!settings.eta && names.sampler == defaults.sampler) settings.eta = defaults.eta;
  if (request.order) settings.order = request.order;
  if (request.solver) settings.solver = request.solver;
  if (request.sde_noise) settings.sde.kind = *request.sde_noise;
  settings.sde.seed = defaults.noise_sampler_seed;
  settings.sde.low = course.end > 0 ? course.end : course.asks.back();
  settings.sde.high = course.asks.front();
  settings.parameterization = model.parameterization();
  settings.timestep_scaling = defaults.timestep_scaling;
  return settings;
}

// The calls of PNDM, and as the levels of the run those at which its steps start.
void set_pndm_steps(SamplingPlan& plan, const Course& course, const Part& part) {
  if (course.runge_kutta_calls > 0 && part.first > 0) {
    throw Error(ErrorKind::kUnsupported,
                "[plan] pndm with its Runge-Kutta start (skip_prk_steps false) runs from pure "
                "noise only; use another sampler for image to image");
  }
  SamplerSettings& settings = plan.settings;
  if (course.stride > 0) {
    settings.pndm_calls = pndm_calls(course, part.first, plan.model);
    settings.pndm_calls.resize(part.last - part.first);
  } else {
    check_levels(plan.sigmas);
    settings.pndm_calls = plms_calls(plan.sigmas);
  }
  settings.runge_kutta_calls = course.runge_kutta_calls;
  plan.sigmas = pndm_levels(settings.pndm_calls, course.runge_kutta_calls);
}

// What some samplers are told step by step.
void set_steps(SamplingPlan& plan, const Course& course, const Part& part) {
  SamplerSettings& settings = plan.settings;
  settings.targets = cut(course.targets, part);
  if (plan.sampler == "pndm") {
    set_pndm_steps(plan, course, part);
  } else if (plan.sampler == "tcd") {
    settings.middles = cut(tcd_middles(course, plan.model, settings.eta.value_or(kTcdEta)), part);
  } else if (plan.sampler == "lcm") {
    for (size_t i = part.first; i < part.last; ++i)
      settings.times.push_back(time_of(course, plan.model, i));
  }
}

}  // namespace

SamplingPlan plan_sampling(const SamplingRequest& request,
                           const NoiseModel& model,
                           const SchedulerDefaults& defaults) {
  const Names names = names_of(request, defaults);
  const Sampler& sampler = find_sampler(names.sampler);
  check_request(request, model);
  const Course course = course_of(names, request, model, defaults);
  const Part part = part_of(course, request, model);

  SamplingPlan plan{.sampler = names.sampler, .schedule = names.schedule, .model = model};
  plan.skipped_steps = static_cast<int>(part.first);
  plan.complete = part.last == course.asks.size();
  plan.sigmas = cut(course.asks, part);
  plan.sigmas.push_back(plan.complete ? course.end : course.asks[part.last]);
  plan.settings = settings_of(names, request, model, defaults, course);
  if (!plan.complete) {
    plan.settings.lower_order_last = plan.settings.lower_order_before_last = false;
    plan.settings.lower_order_final = false;
  }
  set_steps(plan, course, part);
  check_levels(plan.sigmas);

  if (!course.times.empty()) {
    std::vector<NoiseModel::Pin> pins;
    for (size_t i = part.first; i < part.last; ++i)
      pins.push_back({course.asks[i], course.times[i]});
    plan.model = model.with_times(std::move(pins));
  }
  const auto scale = [](double sigma) { return std::sqrt(1 + sigma * sigma); };
  plan.initial_noise = course.scaled_start ? scale(plan.sigmas[0]) : plan.sigmas[0];
  if (plan.complete && course.scaled_end) plan.final_scale = 1 / scale(plan.sigmas.back());
  plan.network_calls = calls_of(sampler, plan);
  return plan;
}

torch::Tensor initial_state(const SamplingPlan& plan, const torch::Tensor& noise) {
  return noise * plan.initial_noise;
}

torch::Tensor noised_state(const SamplingPlan& plan,
                           const torch::Tensor& x0,
                           const torch::Tensor& noise,
                           int step) {
  if (step < 0 || step > plan.steps()) {
    throw Error(ErrorKind::kInternal,
                fmt::format("[plan] step {} of a run of {} steps", step, plan.steps()));
  }
  if (step == plan.steps() && plan.complete) return x0 / plan.final_scale;
  return x0 + noise * plan.sigmas[static_cast<size_t>(step)];
}

torch::Tensor run(const SamplingPlan& plan,
                  torch::Tensor x,
                  const Denoiser& denoise,
                  tensor::NoiseSource& noise,
                  const StepCallback& on_step) {
  const torch::Tensor end =
      find_sampler(plan.sampler)
          .run(denoise, std::move(x), plan.sigmas, plan.settings, noise, on_step);
  return plan.final_scale == 1 ? end : end * plan.final_scale;
}

}  // namespace lienzo::diffusion
