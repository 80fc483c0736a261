#include "lienzo/jobs/change_signal.h"

#include <algorithm>

namespace lienzo::jobs {

void ChangeSignal::raise(int64_t change) {
  {
    const std::lock_guard lock(mutex_);
    if (change <= latest_) return;
    latest_ = change;
  }
  changed_.notify_all();
}

int64_t ChangeSignal::wait(int64_t seen,
                           std::chrono::milliseconds longest,
                           std::chrono::milliseconds interval,
                           const std::function<int64_t()>& read) {
  const Clock::time_point end = Clock::now() + longest;
  std::unique_lock lock(mutex_);
  while (latest_ <= seen) {
    // As long as nothing is known there is nothing to answer: each reads for itself.
    if (latest_ < 0 || Clock::now() >= next_read_) {
      next_read_ = Clock::now() + interval;
      lock.unlock();
      raise(read());
      lock.lock();
      continue;
    }
    if (Clock::now() >= end) break;
    changed_.wait_until(lock, std::min(end, next_read_));
  }
  return latest_;
}

}  // namespace lienzo::jobs
