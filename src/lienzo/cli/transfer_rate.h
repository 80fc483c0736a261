#pragma once

#include <cstdint>
#include <deque>
#include <optional>

namespace lienzo::cli {

/// How fast something arrives, over the last ten seconds. Bytes that were there before the first
/// report do not count.
class TransferRate {
 public:
  /// `done` bytes at `seconds` on a clock that never goes back.
  void add(double seconds, int64_t done);

  /// Bytes a second; nothing until half a second was seen.
  std::optional<double> bytes_per_second() const;

  /// Seconds until `total` bytes are there; nothing while nothing arrives.
  std::optional<double> seconds_left(int64_t total) const;

 private:
  struct Sample {
    double seconds;
    int64_t done;
  };
  std::deque<Sample> samples_;
};

}  // namespace lienzo::cli
