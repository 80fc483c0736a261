#include "lienzo/training/lr_schedule.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace lienzo::training {

double progress_at(const TrainOptions& options, int64_t step, double elapsed_seconds) {
  double progress = static_cast<double>(step) / static_cast<double>(options.steps);
  if (options.budget_minutes > 0)
    progress = std::max(progress, elapsed_seconds / (60 * options.budget_minutes));
  return std::clamp(progress, 0.0, 1.0);
}

double learning_rate_at(const TrainOptions& options, int64_t step, double progress) {
  double factor = 1;
  if (options.schedule != "constant" && progress > options.decay_start) {
    const double x = (progress - options.decay_start) / (1 - options.decay_start);  // 0 to 1
    const double remaining =
        options.schedule == "linear" ? 1 - x : 0.5 * (1 + std::cos(std::numbers::pi * x));
    factor = options.final_fraction + (1 - options.final_fraction) * remaining;
  }
  if (step < options.warmup_steps) {
    factor *= static_cast<double>(step + 1) / static_cast<double>(options.warmup_steps + 1);
  }
  return options.learning_rate * factor;
}

double ema_decay_at(double decay, int64_t updates) {
  const double n = static_cast<double>(updates);
  return std::min(decay, (1 + n) / (10 + n));
}

}  // namespace lienzo::training
