#include "lienzo/http/job_feed.h"

#include <algorithm>

#include "lienzo/base/error.h"
#include "lienzo/base/log.h"

namespace lienzo::http {
namespace {
constexpr int kPage = 500;
}

JobFeed::JobFeed(jobs::JobStore& store) : store_(store), thread_([this] { run(); }) {}

JobFeed::~JobFeed() {
  stop();
  thread_.join();
}

void JobFeed::stop() {
  {
    const std::scoped_lock lock(mutex_);
    stopped_ = true;
  }
  changed_.notify_all();
}

void JobFeed::run() {
  // Only what changes from now on.
  std::optional<int64_t> seen;
  while (!stopped_) {
    try {
      const auto longest = std::chrono::milliseconds(seen ? 500 : 0);
      const int64_t latest = store_.wait_for_change(seen.value_or(0), longest);
      if (!seen) {
        seen = latest;
        continue;
      }
      while (*seen < latest && !stopped_) {
        const std::vector<jobs::Job> news = store_.list({.changed_after = seen, .limit = kPage});
        if (news.empty()) {  // what changed is gone
          seen = latest;
          break;
        }
        seen = news.back().change;
        const std::scoped_lock lock(mutex_);
        for (Subscription* listener : subscriptions_) {
          for (const jobs::Job& job : news) {
            if (!listener->owner_.empty() && listener->owner_ != job.what.owner) continue;
            if (!listener->job_.empty() && listener->job_ != job.id) continue;
            auto& waiting = listener->waiting_;
            const auto older = std::find_if(waiting.begin(), waiting.end(), [&](const auto& other) {
              return other.id == job.id;
            });
            if (older != waiting.end()) waiting.erase(older);
            waiting.push_back(job);
          }
        }
        changed_.notify_all();
      }
    } catch (const Error& problem) {
      log(LogLevel::kWarning, problem.what());
      std::unique_lock lock(mutex_);
      changed_.wait_for(lock, std::chrono::seconds(1), [this] { return stopped_.load(); });
    }
  }
}

std::unique_ptr<JobFeed::Subscription> JobFeed::subscribe(const std::string& owner,
                                                          const std::string& job) {
  return std::unique_ptr<Subscription>(new Subscription(*this, owner, job));
}

JobFeed::Subscription::Subscription(JobFeed& feed, std::string owner, std::string job)
    : feed_(feed), owner_(std::move(owner)), job_(std::move(job)) {
  const std::scoped_lock lock(feed_.mutex_);
  place_ = feed_.subscriptions_.insert(feed_.subscriptions_.end(), this);
}

JobFeed::Subscription::~Subscription() {
  const std::scoped_lock lock(feed_.mutex_);
  feed_.subscriptions_.erase(place_);
}

std::optional<jobs::Job> JobFeed::Subscription::next(std::chrono::milliseconds longest) {
  std::unique_lock lock(feed_.mutex_);
  feed_.changed_.wait_for(lock, longest, [this] { return !waiting_.empty() || feed_.stopped_; });
  if (waiting_.empty()) return std::nullopt;
  jobs::Job job = std::move(waiting_.front());
  waiting_.pop_front();
  return job;
}

}  // namespace lienzo::http
