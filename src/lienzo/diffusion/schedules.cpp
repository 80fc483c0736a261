#include "lienzo/diffusion/schedules.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <iterator>
#include <numbers>
#include <utility>

#include "lienzo/base/error.h"
#include "lienzo/diffusion/beta_quantile.h"
#include "lienzo/diffusion/unknown_name.h"

namespace lienzo::diffusion {
namespace {

[[noreturn]] void refuse_schedule(const std::string& what) {
  throw Error(ErrorKind::kInvalidInput, "[schedule] " + what);
}

void check_steps(int n) {
  if (n < 1) refuse_schedule("at least one step is needed, got " + std::to_string(n));
}

void check_range(int n, double sigma_min, double sigma_max) {
  check_steps(n);
  if (!(sigma_min > 0) || !(sigma_max > sigma_min) || !std::isfinite(sigma_max)) {
    refuse_schedule("the noise range must satisfy 0 < min < max, got " + std::to_string(sigma_min) +
                    " to " + std::to_string(sigma_max));
  }
}

void check_table(std::span<const double> table) {
  if (table.size() < 2)
    refuse_schedule("the table needs at least two entries, got " + std::to_string(table.size()));
}

void check_fits(int n, std::span<const double> table) {
  check_steps(n);
  check_table(table);
  if (static_cast<size_t>(n) > table.size()) {
    refuse_schedule(std::to_string(n) + " steps are more than the table's " +
                    std::to_string(table.size()));
  }
}

double to_float(double value) { return static_cast<double>(static_cast<float>(value)); }

// As numpy: one point is `start`.
std::vector<double> linspace(double start, double end, int n) {
  std::vector<double> values(static_cast<size_t>(n), start);
  for (int i = 1; i < n; ++i) values[i] = i + 1 == n ? end : start + (end - start) * i / (n - 1);
  return values;
}

std::vector<double> then_zero(std::vector<double> values) {
  values.push_back(0);
  return values;
}

std::vector<double> at_steps(std::span<const double> table, std::span<const double> steps) {
  std::vector<double> sigmas;
  sigmas.reserve(steps.size() + 1);
  for (const double t : steps) sigmas.push_back(t_to_sigma(table, t));
  sigmas.push_back(0);
  return sigmas;
}

// The entries around t and the weight of the upper one.
struct Between {
  size_t low, high;
  double weight;
};
Between locate(std::span<const double> table, double t) {
  check_table(table);
  const double clamped = std::clamp(t, 0.0, static_cast<double>(table.size() - 1));
  const auto low = static_cast<size_t>(std::floor(clamped));
  return {low, std::min(low + 1, table.size() - 1), clamped - std::floor(clamped)};
}

template <typename Value, size_t kSize>
Value find_by_name(const std::array<std::pair<std::string_view, Value>, kSize>& entries,
                   std::string_view wanted,
                   const std::string& what) {
  std::vector<std::string> known;
  for (const auto& [name, value] : entries) {
    if (name == wanted) return value;
    known.emplace_back(name);
  }
  refuse_unknown_name("schedule", what, wanted, known);
}

}  // namespace

BetaSchedule beta_schedule_from_name(std::string_view name) {
  static constexpr std::array<std::pair<std::string_view, BetaSchedule>, 4> kNames = {{
      {"linear", BetaSchedule::kLinear},
      {"scaled_linear", BetaSchedule::kScaledLinear},
      {"squaredcos_cap_v2", BetaSchedule::kSquaredCos},
      {"sigmoid", BetaSchedule::kSigmoid},
  }};
  return find_by_name(kNames, name, "beta schedule");
}

std::vector<double> betas(BetaSchedule schedule, int size, double start, double end) {
  check_steps(size);
  std::vector<double> values;
  if (schedule == BetaSchedule::kSquaredCos) {
    const auto alpha_bar = [](double s) {
      return std::pow(std::cos((s + 0.008) / 1.008 * std::numbers::pi / 2), 2);
    };
    for (int i = 0; i < size; ++i) {
      const double ratio =
          alpha_bar(static_cast<double>(i + 1) / size) / alpha_bar(static_cast<double>(i) / size);
      values.push_back(std::min(1 - ratio, 0.999));
    }
  } else {
    if (!(start > 0) || !(end < 1) || !(end >= start)) {
      refuse_schedule("betas need 0 < start <= end < 1, got " + std::to_string(start) + " to " +
                      std::to_string(end));
    }
    switch (schedule) {
      case BetaSchedule::kScaledLinear:
        values = linspace(std::sqrt(start), std::sqrt(end), size);
        for (double& value : values) value = to_float(value) * to_float(value);
        break;
      case BetaSchedule::kSigmoid:
        values = linspace(-6, 6, size);
        for (double& value : values) value = (end - start) / (1 + std::exp(-value)) + start;
        break;
      default: values = linspace(start, end, size);
    }
  }
  for (double& value : values) value = to_float(value);
  return values;
}

std::vector<double> alphas_cumprod(std::span<const double> betas) {
  std::vector<double> values;
  values.reserve(betas.size());
  double product = 1;
  for (const double beta : betas) {
    product *= to_float(1 - beta);
    values.push_back(to_float(product));
  }
  return values;
}

std::vector<double> rescale_to_zero_snr(std::span<const double> alphas_cumprod) {
  check_table(alphas_cumprod);
  const auto first = std::sqrt(static_cast<float>(alphas_cumprod.front()));
  const auto last = std::sqrt(static_cast<float>(alphas_cumprod.back()));
  const float scale = first / (first - last);
  // The reference goes on from betas again, in single precision at every step.
  std::vector<double> betas;
  betas.reserve(alphas_cumprod.size());
  float before = 1;
  for (const double alpha_bar : alphas_cumprod) {
    const float root = (std::sqrt(static_cast<float>(alpha_bar)) - last) * scale;
    const float rescaled = root * root;
    betas.push_back(1 - rescaled / before);
    before = rescaled;
  }
  std::vector<double> values = diffusion::alphas_cumprod(betas);
  values.back() = kZeroSnrAlphaBar;
  return values;
}

std::vector<double> sigmas_from_alphas_cumprod(std::span<const double> alphas_cumprod) {
  check_table(alphas_cumprod);
  std::vector<double> table;
  table.reserve(alphas_cumprod.size());
  for (const double alpha_bar : alphas_cumprod) {
    if (!(alpha_bar > 0) || !(alpha_bar < 1)) {
      refuse_schedule("cumulative alphas must lie between 0 and 1, got " +
                      std::to_string(alpha_bar));
    }
    table.push_back(std::sqrt((1 - alpha_bar) / alpha_bar));
    if (table.size() > 1 && !(table.back() > table[table.size() - 2])) {
      refuse_schedule("cumulative alphas must descend, they do not at entry " +
                      std::to_string(table.size() - 1));
    }
  }
  return table;
}

double t_to_sigma(std::span<const double> table, double t) {
  const auto [low, high, weight] = locate(table, t);
  return std::exp((1 - weight) * std::log(table[low]) + weight * std::log(table[high]));
}

double t_to_sigma_linear(std::span<const double> table, double t) {
  const auto [low, high, weight] = locate(table, t);
  return (1 - weight) * table[low] + weight * table[high];
}

double sigma_to_t(std::span<const double> table, double sigma) {
  check_table(table);
  if (!(sigma > table.front())) return 0;
  if (sigma >= table.back()) return static_cast<double>(table.size() - 1);
  const auto above = std::upper_bound(table.begin(), table.end(), sigma);
  const auto low = static_cast<size_t>(std::distance(table.begin(), above)) - 1;
  const double log_low = std::log(table[low]);
  const double weight = (std::log(sigma) - log_low) / (std::log(table[low + 1]) - log_low);
  return static_cast<double>(low) + weight;
}

TimestepSpacing timestep_spacing_from_name(std::string_view name) {
  static constexpr std::array<std::pair<std::string_view, TimestepSpacing>, 3> kNames = {{
      {"leading", TimestepSpacing::kLeading},
      {"trailing", TimestepSpacing::kTrailing},
      {"linspace", TimestepSpacing::kLinspace},
  }};
  return find_by_name(kNames, name, "timestep spacing");
}

std::vector<double> timesteps(int n, int train_steps, const TimestepOptions& options) {
  check_steps(n);
  const int points =
      options.extra_point && options.spacing != TimestepSpacing::kTrailing ? n + 1 : n;
  if (points > train_steps) {
    refuse_schedule(std::to_string(n) + " steps are more than the model's " +
                    std::to_string(train_steps));
  }
  std::vector<double> steps;
  switch (options.spacing) {
    case TimestepSpacing::kLeading: {
      const int stride = train_steps / points;
      for (int i = points - 1; i >= 0; --i) steps.push_back(i * stride + options.offset);
      break;
    }
    case TimestepSpacing::kTrailing:
      for (int i = 0; i < n; ++i) {
        steps.push_back(std::nearbyint(train_steps - i * (static_cast<double>(train_steps) / n)) -
                        1);
      }
      break;
    case TimestepSpacing::kLinspace:
      steps = linspace(0, train_steps - 1, points);
      std::reverse(steps.begin(), steps.end());
      if (options.round) {
        for (double& t : steps) t = std::nearbyint(t);
      }
      break;
  }
  steps.resize(static_cast<size_t>(n));
  return steps;
}

std::vector<double> sigmas_at(std::span<const double> table, std::span<const double> steps) {
  std::vector<double> sigmas;
  sigmas.reserve(steps.size() + 1);
  for (const double t : steps) sigmas.push_back(t_to_sigma_linear(table, t));
  return then_zero(std::move(sigmas));
}

std::vector<double> karras_sigmas(int n, double sigma_min, double sigma_max, double rho) {
  check_range(n, sigma_min, sigma_max);
  std::vector<double> values =
      linspace(std::pow(sigma_max, 1 / rho), std::pow(sigma_min, 1 / rho), n);
  for (double& value : values) value = std::pow(value, rho);
  return then_zero(std::move(values));
}

std::vector<double> exponential_sigmas(int n, double sigma_min, double sigma_max) {
  return polyexponential_sigmas(n, sigma_min, sigma_max, 1);
}

std::vector<double> polyexponential_sigmas(int n, double sigma_min, double sigma_max, double rho) {
  check_range(n, sigma_min, sigma_max);
  std::vector<double> values = linspace(1, 0, n);
  for (double& value : values) {
    value = std::exp(std::pow(value, rho) * (std::log(sigma_max) - std::log(sigma_min)) +
                     std::log(sigma_min));
  }
  return then_zero(std::move(values));
}

std::vector<double> normal_sigmas(int n, std::span<const double> table) {
  check_steps(n);
  check_table(table);
  return at_steps(table, linspace(static_cast<double>(table.size() - 1), 0, n));
}

std::vector<double> sgm_uniform_sigmas(int n, std::span<const double> table) {
  check_steps(n);
  check_table(table);
  std::vector<double> steps = linspace(static_cast<double>(table.size() - 1), 0, n + 1);
  steps.pop_back();
  return at_steps(table, steps);
}

std::vector<double> simple_sigmas(int n, std::span<const double> table) {
  check_fits(n, table);
  std::vector<double> values;
  values.reserve(static_cast<size_t>(n) + 1);
  const double stride = static_cast<double>(table.size()) / n;
  for (int i = 0; i < n; ++i)
    values.push_back(table[table.size() - 1 - static_cast<size_t>(i * stride)]);
  return then_zero(std::move(values));
}

std::vector<double> ddim_uniform_sigmas(int n, std::span<const double> table) {
  check_fits(n, table);
  std::vector<double> values;
  const size_t stride = std::max<size_t>(table.size() / static_cast<size_t>(n), 1);
  for (size_t i = 1; i < table.size(); i += stride) values.push_back(table[i]);
  std::reverse(values.begin(), values.end());
  return then_zero(std::move(values));
}

std::vector<double> beta_sigmas(
    int n, double sigma_min, double sigma_max, double alpha, double beta) {
  check_range(n, sigma_min, sigma_max);
  std::vector<double> values = linspace(0, 1, n);
  for (double& value : values)
    value = sigma_min + beta_quantile(1 - value, alpha, beta) * (sigma_max - sigma_min);
  return then_zero(std::move(values));
}

std::vector<double> align_your_steps_sigmas(int n, AlignYourStepsTable table) {
  check_steps(n);
  static constexpr std::array<double, 11> kStableDiffusion1 = {
      14.615, 6.475, 3.861, 2.697, 1.886, 1.396, 0.963, 0.652, 0.399, 0.152, 0.029};
  static constexpr std::array<double, 11> kStableDiffusionXl = {
      14.615, 6.315, 3.771, 2.181, 1.342, 0.862, 0.555, 0.380, 0.234, 0.113, 0.029};
  const std::span<const double> knots =
      table == AlignYourStepsTable::kStableDiffusion1 ? kStableDiffusion1 : kStableDiffusionXl;
  // Even positions from the top knot to the bottom one; between two, linear in ln sigma.
  std::vector<double> values = linspace(0, static_cast<double>(knots.size() - 1), n);
  for (double& value : values) value = t_to_sigma(knots, value);
  return then_zero(std::move(values));
}

std::vector<double> kl_optimal_sigmas(int n, double sigma_min, double sigma_max) {
  check_range(n, sigma_min, sigma_max);
  std::vector<double> values = linspace(std::atan(sigma_max), std::atan(sigma_min), n + 1);
  for (double& value : values) value = std::tan(value);
  return values;
}

namespace {

using ScheduleFunction = std::vector<double> (*)(int n, std::span<const double> table);

constexpr std::array<std::pair<std::string_view, ScheduleFunction>, 11> kSchedules = {{
    {"karras",
     [](int n, std::span<const double> t) { return karras_sigmas(n, t.front(), t.back()); }},
    {"exponential",
     [](int n, std::span<const double> t) { return exponential_sigmas(n, t.front(), t.back()); }},
    {"polyexponential",
     [](int n, std::span<const double> t) {
       return polyexponential_sigmas(n, t.front(), t.back());
     }},
    {"normal", normal_sigmas},
    {"sgm_uniform", sgm_uniform_sigmas},
    {"simple", simple_sigmas},
    {"ddim_uniform", ddim_uniform_sigmas},
    {"beta", [](int n, std::span<const double> t) { return beta_sigmas(n, t.front(), t.back()); }},
    {"align_your_steps_sd1",
     [](int n, std::span<const double>) {
       return align_your_steps_sigmas(n, AlignYourStepsTable::kStableDiffusion1);
     }},
    {"align_your_steps_sdxl",
     [](int n, std::span<const double>) {
       return align_your_steps_sigmas(n, AlignYourStepsTable::kStableDiffusionXl);
     }},
    {"kl_optimal",
     [](int n, std::span<const double> t) { return kl_optimal_sigmas(n, t.front(), t.back()); }},
}};

}  // namespace

std::vector<double> schedule_by_name(std::string_view name, int n, std::span<const double> table) {
  check_table(table);
  return find_by_name(kSchedules, name, "schedule")(n, table);
}

std::span<const std::string_view> schedules() {
  static constexpr auto kNames = [] {
    std::array<std::string_view, kSchedules.size()> names{};
    for (size_t i = 0; i < names.size(); ++i) names[i] = kSchedules[i].first;
    return names;
  }();
  return kNames;
}

double shift_flow_time(double t, double shift) { return shift * t / (1 + (shift - 1) * t); }

double flux_shift(int tokens) {
  constexpr double kSlope = (1.15 - 0.5) / (4096 - 256);
  return std::exp(0.5 + kSlope * (tokens - 256));
}

std::vector<double> flow_sigmas(int n, double shift) {
  check_steps(n);
  if (!(shift > 0))
    refuse_schedule("the flow shift must be positive, got " + std::to_string(shift));
  std::vector<double> values;
  values.reserve(static_cast<size_t>(n) + 1);
  for (int i = 0; i < n; ++i)
    values.push_back(shift_flow_time(static_cast<double>(n - i) / n, shift));
  return then_zero(std::move(values));
}

std::vector<double> sd3_sigmas(int n, double shift, int train_steps) {
  check_steps(n);
  check_steps(train_steps);
  if (!(shift > 0))
    refuse_schedule("the flow shift must be positive, got " + std::to_string(shift));
  std::vector<double> values = linspace(1, shift_flow_time(1.0 / train_steps, shift), n);
  for (double& value : values) value = shift_flow_time(value, shift);
  return then_zero(std::move(values));
}

}  // namespace lienzo::diffusion
