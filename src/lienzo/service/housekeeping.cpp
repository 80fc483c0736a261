#include "lienzo/service/housekeeping.h"

#include <fmt/format.h>

#include <exception>
#include <set>
#include <string>

#include "lienzo/base/log.h"

namespace lienzo::service {
namespace {

constexpr int kPage = 500;

jobs::Millis ago(std::chrono::hours age) {
  const auto then = std::chrono::system_clock::now() - age;
  return std::chrono::duration_cast<std::chrono::milliseconds>(then.time_since_epoch()).count();
}

/// Pictures that jobs which are not over work on.
std::set<std::string> needed_uploads(jobs::JobStore& store) {
  std::set<std::string> needed;
  for (const jobs::JobState state : {jobs::JobState::kQueued, jobs::JobState::kRunning}) {
    jobs::JobFilter filter{.state = state, .limit = kPage};
    while (true) {
      const std::vector<jobs::Job> page = store.list(filter);
      for (const jobs::Job& job : page) {
        for (const char* field : {"picture", "mask"}) {
          const auto digest = job.what.request.find(field);
          if (digest != job.what.request.end() && digest->is_string()) needed.insert(*digest);
        }
      }
      if (page.size() < kPage) break;
      filter.before = page.back().id;
    }
  }
  return needed;
}

}  // namespace

void keep_house(jobs::JobStore& store, const jobs::BlobStore& blobs, const Retention& retention) {
  store.expire_leases();
  std::optional<jobs::Millis> oldest;
  if (retention.pictures) oldest = ago(*retention.pictures);
  if (oldest || retention.picture_bytes > 0) {
    for (const std::string& id : store.expire_pictures(oldest, retention.picture_bytes)) {
      if (!store.is_referenced(id)) blobs.remove(id);
    }
  }
  store.expire_jobs(ago(retention.jobs));
  store.expire_uploads(ago(retention.uploads));
  const std::set<std::string> needed = needed_uploads(store);
  blobs.sweep(retention.uploads, [&](const std::string& digest) {
    return needed.contains(digest) || store.is_referenced(digest);
  });
}

Housekeeper::Housekeeper(jobs::JobStore& store, const jobs::BlobStore& blobs, Retention retention)
    : store_(store), blobs_(blobs), retention_(retention), thread_([this] { run(); }) {}

Housekeeper::~Housekeeper() {
  {
    const std::scoped_lock lock(mutex_);
    over_ = true;
  }
  wake_.notify_all();
  thread_.join();
}

void Housekeeper::run() {
  std::unique_lock lock(mutex_);
  while (!over_) {
    lock.unlock();
    try {
      keep_house(store_, blobs_, retention_);
    } catch (const std::exception& problem) {  // any: the next round may go better
      log(LogLevel::kWarning, fmt::format("[housekeeping] {}", problem.what()));
    }
    lock.lock();
    wake_.wait_for(lock, std::chrono::minutes(1), [this] { return over_; });
  }
}

}  // namespace lienzo::service
