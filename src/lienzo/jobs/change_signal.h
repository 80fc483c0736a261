#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>

namespace lienzo::jobs {

/// The greatest change that this process knows of, to wait on. Safe from any thread.
class ChangeSignal {
 public:
  /// A smaller one than is known already changes nothing.
  void raise(int64_t change);

  /// Waits until a change greater than `seen` is known, or for `longest`; returns the greatest. So
  /// that changes by other processes are seen too, one of those who wait calls `read`, which asks
  /// the database, every `interval`. What `read` throws is passed on.
  int64_t wait(int64_t seen,
               std::chrono::milliseconds longest,
               std::chrono::milliseconds interval,
               const std::function<int64_t()>& read);

 private:
  using Clock = std::chrono::steady_clock;

  std::mutex mutex_;
  std::condition_variable changed_;
  int64_t latest_ = -1;
  Clock::time_point next_read_ = {};
};

}  // namespace lienzo::jobs
