#include "lienzo/evaluation/interval.h"

#include <algorithm>
#include <cmath>

namespace lienzo::evaluation {

Interval wilson_interval(const Tally& tally) {
  if (tally.total <= 0) return {};
  constexpr double kZ = 1.959963984540054;  // 97.5 % quantile of the normal distribution
  const double n = static_cast<double>(tally.total), p = tally.share();
  const double middle = (p + kZ * kZ / (2 * n)) / (1 + kZ * kZ / n);
  const double half = kZ / (1 + kZ * kZ / n) * std::sqrt(p * (1 - p) / n + kZ * kZ / (4 * n * n));
  return {std::max(0.0, middle - half), std::min(1.0, middle + half)};
}

}  // namespace lienzo::evaluation
