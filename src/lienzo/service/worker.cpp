#include "lienzo/service/worker.h"

#include <fmt/format.h>

#include <condition_variable>
#include <new>
#include <span>
#include <vector>

#include "lienzo/base/config_reader.h"
#include "lienzo/base/error.h"
#include "lienzo/base/log.h"

namespace lienzo::service {
namespace {

using Clock = std::chrono::steady_clock;
using jobs::JobStore;
using std::chrono::milliseconds;

/// Keeps a lease alive on a thread of its own and hears what the store says of the job.
class Heartbeat {
 public:
  Heartbeat(JobStore& store, const jobs::Lease& lease, const WorkerOptions& options)
      : store_(store), lease_(lease), options_(options), thread_([this] { run(); }) {}
  ~Heartbeat() {
    {
      const std::scoped_lock lock(mutex_);
      over_ = true;
    }
    wake_.notify_all();
    thread_.join();
  }
  Heartbeat(const Heartbeat&) = delete;
  Heartbeat& operator=(const Heartbeat&) = delete;

  void tell(const jobs::JobProgress& progress) {
    {
      const std::scoped_lock lock(mutex_);
      if (progress == progress_) return;
      progress_ = progress;
      news_ = true;
    }
    wake_.notify_all();
  }
  bool cancel_requested() const { return cancel_requested_; }
  bool lost() const { return lost_; }

 private:
  void run() {
    const milliseconds beat = options_.lease / 3;
    Clock::time_point held_until = Clock::now() + options_.lease;
    std::unique_lock lock(mutex_);
    while (!over_ && !lost_) {
      wake_.wait_for(lock, beat, [this] { return over_ || news_; });
      if (over_) return;
      news_ = false;
      const jobs::JobProgress progress = progress_;
      lock.unlock();
      const Clock::time_point asked = Clock::now();
      try {
        switch (store_.renew(lease_, progress, options_.lease)) {
          case JobStore::Hold::kCancelRequested: cancel_requested_ = true; [[fallthrough]];
          case JobStore::Hold::kHeld: held_until = asked + options_.lease; break;
          case JobStore::Hold::kLost: lost_ = true; break;
        }
      } catch (const std::exception& problem) {
        log(LogLevel::kWarning,
            fmt::format(
                "[worker] job {}: cannot renew its lease: {}", lease_.job.id, problem.what()));
        if (Clock::now() > held_until) lost_ = true;
      }
      lock.lock();
      // Not more often than the store likes, but at once when the job ends.
      wake_.wait_for(lock, options_.progress_every, [this] { return over_; });
    }
  }

  JobStore& store_;
  const jobs::Lease& lease_;
  const WorkerOptions& options_;
  std::mutex mutex_;
  std::condition_variable wake_;
  jobs::JobProgress progress_;
  bool news_ = false, over_ = false;
  std::atomic<bool> cancel_requested_ = false, lost_ = false;
  std::thread thread_;
};

jobs::PictureRow row_of(const MadePicture& picture,
                        const jobs::Job& job,
                        const DrawRequest& request,
                        int index,
                        const std::string& id) {
  return {.id = id,
          .job = job.id,
          .owner = job.what.owner,
          .index = index,
          .width = picture.width,
          .height = picture.height,
          .format = picture.format,
          .bytes = static_cast<int64_t>(picture.bytes.size()),
          .prompt = request.prompt,
          .negative_prompt = request.negative_prompt,
          .model = request.model,
          .seed = picture.seed,
          .tags = request.tags,
          .record = picture.record};
}

/// Does what ends a job, again and again while the store cannot be reached and the lease is held.
template <class Action>
bool until_stored(const Heartbeat& heart, const std::string& id, const Action& action) {
  for (milliseconds pause{100};; pause = std::min(pause * 2, milliseconds(5000))) {
    try {
      return action();
    } catch (const std::exception& problem) {
      log(LogLevel::kWarning,
          fmt::format("[worker] job {}: cannot store how it ended: {}", id, problem.what()));
      if (heart.lost()) return false;
      std::this_thread::sleep_for(pause);
    }
  }
}

}  // namespace

Worker::Worker(JobStore& store, jobs::BlobStore& blobs, Engine& engine, WorkerOptions options)
    : store_(store), blobs_(blobs), engine_(engine), options_(std::move(options)), thread_([this] {
        run();
      }) {}

Worker::~Worker() { stop(milliseconds(0)); }

void Worker::stop(milliseconds grace) {
  stopping_ = true;
  const Clock::time_point end = Clock::now() + grace;
  while (busy_ && Clock::now() < end) std::this_thread::sleep_for(milliseconds(10));
  broken_off_ = true;
  if (thread_.joinable()) thread_.join();
}

void Worker::run() {
  int64_t seen = 0;
  milliseconds pause{100};
  while (!stopping_) {
    try {
      // Before looking, so that a job that comes in between is noticed.
      busy_ = true;
      const std::optional<jobs::Lease> lease = store_.claim(options_.name, options_.lease);
      if (lease && !stopping_) {
        work(*lease);
      } else if (lease) {
        store_.give_back(*lease);
      }
      busy_ = false;
      if (!lease) seen = store_.wait_for_change(seen, milliseconds(500));
      pause = milliseconds(100);
    } catch (const std::exception& problem) {
      busy_ = false;
      log(LogLevel::kError, fmt::format("[worker] {}", problem.what()));
      for (Clock::time_point end = Clock::now() + pause; Clock::now() < end && !stopping_;)
        std::this_thread::sleep_for(milliseconds(20));
      pause = std::min(pause * 2, milliseconds(5000));
    }
  }
}

void Worker::work(const jobs::Lease& lease) {
  const jobs::Job& job = lease.job;
  const Clock::time_point begin = Clock::now();
  Heartbeat heart(store_, lease, options_);
  const auto cancelled = [&] { return heart.cancel_requested() || heart.lost() || broken_off_; };
  try {
    const DrawRequest request = request_from_json(job.what.request, "[job]");
    const EngineHooks hooks{
        .progress = [&](const jobs::JobProgress& progress) { heart.tell(progress); },
        .preview =
            [&](int index, int step, const std::string& bytes) {
              try {
                store_.put_preview(lease, index, step, bytes);
              } catch (const Error& problem) {  // a picture matters more than its preview
                log(LogLevel::kWarning, fmt::format("[worker] job {}: {}", job.id, problem.what()));
              }
            },
        .cancelled = cancelled};
    const std::vector<MadePicture> made = engine_.draw(
        request, [this](const std::string& digest) { return blobs_.read(digest); }, hooks);
    std::vector<jobs::PictureRow> rows;
    for (const MadePicture& picture : made) {
      const std::string id = blobs_.put(std::as_bytes(std::span(picture.bytes)));
      rows.push_back(row_of(picture, job, request, static_cast<int>(rows.size()), id));
    }
    if (until_stored(heart, job.id, [&] { return store_.complete(lease, rows); })) ++done_;
  } catch (const Error& problem) {
    until_stored(heart, job.id, [&] {
      if (problem.kind() != ErrorKind::kCancelled) {
        ++failed_;
        return store_.fail(lease, {std::string(name(problem.kind())), problem.what()});
      }
      if (heart.cancel_requested()) return store_.confirm_cancel(lease);
      return heart.lost() || store_.give_back(lease);
    });
  } catch (const std::bad_alloc&) {
    ++failed_;
    until_stored(heart, job.id, [&] {
      return store_.fail(lease,
                         {std::string(name(ErrorKind::kOutOfMemory)),
                          "[worker] the memory is not enough; ask for a smaller picture"});
    });
  } catch (const std::exception& problem) {
    ++failed_;
    until_stored(heart, job.id, [&] {
      return store_.fail(lease, {std::string(name(ErrorKind::kInternal)), problem.what()});
    });
  }
  busy_millis_ += std::chrono::duration_cast<milliseconds>(Clock::now() - begin).count();
}

}  // namespace lienzo::service
