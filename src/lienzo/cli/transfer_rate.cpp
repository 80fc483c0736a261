#include "lienzo/cli/transfer_rate.h"

namespace lienzo::cli {
namespace {

constexpr double kWindow = 10;  // seconds
constexpr double kShortest = 0.5;

}  // namespace

void TransferRate::add(double seconds, int64_t done) {
  samples_.push_back({seconds, done});
  // One sample at or before the window's beginning stays.
  while (samples_.size() > 2 && samples_[1].seconds <= seconds - kWindow) samples_.pop_front();
}

std::optional<double> TransferRate::bytes_per_second() const {
  if (samples_.empty()) return std::nullopt;
  const double seconds = samples_.back().seconds - samples_.front().seconds;
  if (seconds < kShortest) return std::nullopt;
  return static_cast<double>(samples_.back().done - samples_.front().done) / seconds;
}

std::optional<double> TransferRate::seconds_left(int64_t total) const {
  const std::optional<double> rate = bytes_per_second();
  if (!rate || *rate <= 0) return std::nullopt;
  return static_cast<double>(total - samples_.back().done) / *rate;
}

}  // namespace lienzo::cli
