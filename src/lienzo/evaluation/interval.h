#pragma once

#include <cstdint>

namespace lienzo::evaluation {

/// How often something was right.
struct Tally {
  int64_t right = 0;
  int64_t total = 0;
  void add(bool is_right) { right += is_right ? 1 : 0, ++total; }
  /// 0..1; 1 when nothing was asked.
  double share() const {
    return total > 0 ? static_cast<double>(right) / static_cast<double>(total) : 1.0;
  }
};

/// A range of shares, 0..1.
struct Interval {
  double low = 0;
  double high = 1;
};

/// Where the true share lies with 95 % confidence: the score interval of Wilson 1927 (JASA
/// 22:209-212), which holds for small counts and for shares near 0 and 1. 0..1 for an empty tally.
Interval wilson_interval(const Tally& tally);

}  // namespace lienzo::evaluation
