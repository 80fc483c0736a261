#include "lienzo/service/heartbeat.h"

#include <fmt/format.h>

#include <algorithm>
#include <exception>
#include <utility>

#include "lienzo/base/log.h"

namespace lienzo::service {

using jobs::JobStore;
using std::chrono::milliseconds;

namespace {

constexpr milliseconds kHearing{2000};  // after which a job that tells nothing hears of its end

}  // namespace

Heartbeat::Heartbeat(JobStore& store, jobs::Lease lease, milliseconds duration, milliseconds every)
    : store_(store),
      lease_(std::move(lease)),
      duration_(duration),
      every_(every),
      held_until_(Clock::now() + duration),
      thread_([this] { run(); }) {}

Heartbeat::~Heartbeat() {
  {
    const std::scoped_lock lock(mutex_);
    over_ = true;
  }
  wake_.notify_all();
  thread_.join();
}

void Heartbeat::tell(const jobs::JobProgress& progress) {
  {
    const std::scoped_lock lock(mutex_);
    if (progress == progress_) return;
    progress_ = progress;
    news_ = true;
  }
  wake_.notify_all();
}

void Heartbeat::show(JobStore::Preview preview) {
  {
    const std::scoped_lock lock(mutex_);
    preview_ = std::move(preview);
    news_ = true;
  }
  wake_.notify_all();
}

void Heartbeat::run() {
  std::unique_lock lock(mutex_);
  while (!over_ && !lost_) {
    wake_.wait_for(lock, std::min(duration_ / 3, kHearing), [this] { return over_ || news_; });
    if (over_) return;
    news_ = false;
    const jobs::JobProgress progress = progress_;
    const std::optional<JobStore::Preview> preview = std::exchange(preview_, std::nullopt);
    lock.unlock();
    renew(progress);
    if (preview && !lost_) write(*preview);
    lock.lock();
    // Not more often than the store likes, but at once when the job ends.
    wake_.wait_for(lock, every_, [this] { return over_; });
  }
}

void Heartbeat::renew(const jobs::JobProgress& progress) {
  const Clock::time_point asked = Clock::now();
  try {
    switch (store_.renew(lease_, progress, duration_)) {
      case JobStore::Hold::kCancelRequested: cancel_requested_ = true; [[fallthrough]];
      case JobStore::Hold::kHeld: held_until_ = asked + duration_; break;
      case JobStore::Hold::kLost: lost_ = true; break;
    }
  } catch (const std::exception& problem) {
    log(LogLevel::kWarning,
        fmt::format("[worker] job {}: cannot renew its lease: {}", lease_.job.id, problem.what()));
    if (Clock::now() > held_until_) lost_ = true;
  }
}

void Heartbeat::write(const JobStore::Preview& preview) {
  try {
    store_.put_preview(lease_, preview.index, preview.step, preview.bytes);
  } catch (const std::exception& problem) {  // a picture matters more than its preview
    log(LogLevel::kWarning, fmt::format("[worker] job {}: {}", lease_.job.id, problem.what()));
  }
}

}  // namespace lienzo::service
