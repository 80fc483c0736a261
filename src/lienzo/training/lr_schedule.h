#pragma once

#include <cstdint>

#include "lienzo/training/recipe.h"

namespace lienzo::training {

/// Fraction of the training that is over before step `step` (counted from 0): by steps, or by time
/// where a budget is set and more of it is spent. 0 to 1.
double progress_at(const TrainOptions& options, int64_t step, double elapsed_seconds);

/// Learning rate of step `step` (from 0) at `progress`: linear warm-up by steps, then constant, or
/// from `decay_start` on a line or half a cosine down to `final_fraction` of the peak.
double learning_rate_at(const TrainOptions& options, int64_t step, double progress);

/// Decay of the averaged weights after `updates` updates: min(decay, (1 + n) / (10 + n)), so that
/// the first noisy weights are soon forgotten (the rule of TensorFlow's ExponentialMovingAverage
/// with num_updates).
double ema_decay_at(double decay, int64_t updates);

}  // namespace lienzo::training
