#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "lienzo/jobs/job_store.h"

namespace lienzo::service {

/// Keeps a lease alive on a thread of its own, takes progress and previews to the store, so that
/// who draws does not wait for it, and hears what the store says of the job. What is told too often
/// for the store is left out, the newest is not; a preview never comes before the progress that was
/// told before it. What has not been written when the heart stops is forgotten.
class Heartbeat {
 public:
  /// `every`: how often at most it writes.
  Heartbeat(jobs::JobStore& store,
            jobs::Lease lease,
            std::chrono::milliseconds duration,
            std::chrono::milliseconds every);
  ~Heartbeat();
  Heartbeat(const Heartbeat&) = delete;
  Heartbeat& operator=(const Heartbeat&) = delete;

  void tell(const jobs::JobProgress& progress);
  void show(jobs::JobStore::Preview preview);
  const jobs::Lease& lease() const { return lease_; }
  bool cancel_requested() const { return cancel_requested_; }
  bool lost() const { return lost_; }

 private:
  using Clock = std::chrono::steady_clock;

  void run();
  void renew(const jobs::JobProgress& progress);
  void write(const jobs::JobStore::Preview& preview);

  jobs::JobStore& store_;
  const jobs::Lease lease_;
  const std::chrono::milliseconds duration_, every_;
  std::mutex mutex_;  // guards what follows
  std::condition_variable wake_;
  jobs::JobProgress progress_;
  std::optional<jobs::JobStore::Preview> preview_;
  bool news_ = false, over_ = false;
  std::atomic<bool> cancel_requested_ = false, lost_ = false;
  Clock::time_point held_until_;  // of the thread alone
  std::thread thread_;
};

}  // namespace lienzo::service
