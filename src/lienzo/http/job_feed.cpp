#include "lienzo/http/job_feed.h"

#include <fmt/format.h>

#include <algorithm>
#include <exception>

#include "lienzo/base/log.h"

namespace lienzo::http {

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
      const auto longest =
          std::chrono::milliseconds(seen ? 100 : 0);  // for one who waits for the end
      const int64_t latest = store_.wait_for_change(seen.value_or(0), longest);
      if (!seen) {
        seen = latest;
        continue;
      }
      while (*seen < latest && !stopped_) {
        const jobs::News news = store_.news("", *seen);
        seen = news.seen;
        const std::vector<Change> changes = changes_of(news);
        const std::scoped_lock lock(mutex_);
        for (Subscription* listener : subscriptions_) {
          for (const Change& change : changes) listener->tell(change);
        }
        changed_.notify_all();
      }
    } catch (const std::exception& problem) {  // any: who listens must not end the server
      log(LogLevel::kWarning, fmt::format("[feed] {}", problem.what()));
      std::unique_lock lock(mutex_);
      changed_.wait_for(lock, std::chrono::seconds(1), [this] { return stopped_.load(); });
    }
  }
}

std::vector<JobFeed::Change> JobFeed::changes_of(const jobs::News& news) {
  std::vector<Change> changes;
  for (const jobs::Job& job : news.jobs) {
    Change& change = changes.emplace_back();
    change.number = job.change;
    change.job = job;
  }
  for (const jobs::Removal& removal : news.removals) {
    Change& change = changes.emplace_back();
    change.number = removal.change;
    change.job.id = removal.job;
    change.job.what.owner = removal.owner;
    change.removed = true;
    change.picture = removal.picture;
  }
  std::sort(changes.begin(), changes.end(), [](const Change& a, const Change& b) {
    return a.number < b.number;
  });
  return changes;
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

void JobFeed::Subscription::tell(const Change& change) {
  if (!owner_.empty() && owner_ != change.job.what.owner) return;
  if (!job_.empty() && job_ != change.job.id) return;
  // What a job was in between is of no interest.
  std::erase_if(waiting_, [&](const Change& older) {
    return older.job.id == change.job.id && !older.removed && change.picture.empty();
  });
  waiting_.push_back(change);
}

std::optional<JobFeed::Change> JobFeed::Subscription::next(std::chrono::milliseconds longest) {
  std::unique_lock lock(feed_.mutex_);
  feed_.changed_.wait_for(lock, longest, [this] { return !waiting_.empty() || feed_.stopped_; });
  if (waiting_.empty()) return std::nullopt;
  Change change = std::move(waiting_.front());
  waiting_.pop_front();
  return change;
}

}  // namespace lienzo::http
