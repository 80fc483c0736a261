#pragma once

#include <atomic>
#include <chrono>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "lienzo/jobs/blob_store.h"
#include "lienzo/jobs/job_store.h"
#include "lienzo/service/engine.h"

namespace lienzo::service {

struct WorkerOptions {
  std::string name;  // host and process, for people
  std::chrono::milliseconds lease{30'000};
  std::chrono::milliseconds progress_every{250};  // at most so often into the store
};

/// One thread that takes jobs from a store and makes their pictures with an engine, and one per job
/// that keeps its lease alive. A worker that is killed loses its leases, and the jobs run again
/// elsewhere; one that finds a lease lost throws its pictures away.
///
/// Jobs that the engine draws faster together are taken together, but each has its own lease,
/// progress, previews and end: one that is cancelled leaves the others running. When they fail
/// together, they go back to the queue to be drawn alone.
class Worker {
 public:
  Worker(jobs::JobStore& store, jobs::BlobStore& blobs, Engine& engine, WorkerOptions options);
  /// Stops at once, giving a running job back.
  ~Worker();
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  /// Takes no more jobs and waits for the running ones, `grace` long at most; then they are broken
  /// off and given back to the queue.
  void stop(std::chrono::milliseconds grace);
  bool busy() const { return busy_; }
  /// How many jobs ended here, by how.
  int64_t done() const { return done_; }
  int64_t failed() const { return failed_; }
  /// Seconds spent drawing.
  double seconds() const { return static_cast<double>(busy_millis_) / 1000; }

 private:
  struct Running;
  using Batch = std::vector<std::unique_ptr<Running>>;

  void run();
  /// Half a second at most, and a fifth of that once it stops.
  int64_t await_change(int64_t seen);
  void work(const jobs::Lease& first);
  void take_on(const jobs::Lease& lease, Batch& batch);
  std::vector<jobs::Lease> company_of(const Running& first);
  EngineHooks hooks_of(Running& job) const;
  void draw(Batch& batch);
  void finish(Running& job, const std::vector<MadePicture>& made);
  void stopped(Running& job);
  void failed(Running& job);

  jobs::JobStore& store_;
  jobs::BlobStore& blobs_;
  Engine& engine_;
  const WorkerOptions options_;
  std::atomic<bool> stopping_ = false, broken_off_ = false, busy_ = false;
  std::atomic<int64_t> done_ = 0, failed_ = 0, busy_millis_ = 0;
  std::thread thread_;
};

}  // namespace lienzo::service
