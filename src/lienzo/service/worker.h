#pragma once

#include <atomic>
#include <chrono>
#include <mutex>
#include <string>
#include <thread>

#include "lienzo/jobs/blob_store.h"
#include "lienzo/jobs/job_store.h"
#include "lienzo/service/engine.h"

namespace lienzo::service {

struct WorkerOptions {
  std::string name;  // host and process, for people
  std::chrono::milliseconds lease{30'000};
  std::chrono::milliseconds progress_every{250};  // at most so often into the store
  int most_attempts = 5;
};

/// One thread that takes jobs from a store and makes their pictures with an engine, and one that
/// keeps its lease alive. A worker that is killed loses its lease, and the job runs again
/// elsewhere; one that finds its lease lost throws its pictures away.
class Worker {
 public:
  Worker(jobs::JobStore& store, jobs::BlobStore& blobs, Engine& engine, WorkerOptions options);
  /// Stops at once, giving a running job back.
  ~Worker();
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  /// Takes no more jobs and waits for the running one, `grace` long at most; then it is broken off
  /// and given back to the queue.
  void stop(std::chrono::milliseconds grace);
  bool busy() const { return busy_; }
  /// How many jobs ended here, by how.
  int64_t done() const { return done_; }
  int64_t failed() const { return failed_; }
  /// Seconds spent drawing.
  double seconds() const { return static_cast<double>(busy_millis_) / 1000; }

 private:
  void run();
  void work(const jobs::Lease& lease);

  jobs::JobStore& store_;
  jobs::BlobStore& blobs_;
  Engine& engine_;
  const WorkerOptions options_;
  std::atomic<bool> stopping_ = false, broken_off_ = false, busy_ = false;
  std::atomic<int64_t> done_ = 0, failed_ = 0, busy_millis_ = 0;
  std::thread thread_;
};

}  // namespace lienzo::service
