#pragma once

#include <atomic>
#include <condition_variable>
#include <deque>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "lienzo/jobs/job_store.h"

namespace lienzo::http {

/// Tells any number of listeners what changes in a store: one thread reads it for all of them.
class JobFeed {
 public:
  /// A job that changed, or what was removed of it.
  struct Change {
    int64_t number = 0;        // greater ones come later
    jobs::Job job = {};        // as it was by then; only the id when something was removed
    bool removed = false;      // the job, or its picture:
    std::string picture = {};  // its id
  };

  explicit JobFeed(jobs::JobStore& store);
  ~JobFeed();
  JobFeed(const JobFeed&) = delete;
  JobFeed& operator=(const JobFeed&) = delete;

  /// Hears of the jobs of one owner (empty: everybody's), or of one job, from now on.
  class Subscription {
   public:
    ~Subscription();
    /// The next change, of each job its newest state; nothing after `longest` or when the feed
    /// stops.
    std::optional<Change> next(std::chrono::milliseconds longest);

   private:
    friend class JobFeed;
    Subscription(JobFeed& feed, std::string owner, std::string job);
    JobFeed& feed_;
    std::string owner_, job_;
    void tell(const Change& change);

    std::deque<Change> waiting_;  // by number; at most one entry for the state of a job
    std::list<Subscription*>::iterator place_;
  };
  std::unique_ptr<Subscription> subscribe(const std::string& owner, const std::string& job = {});

  /// Wakes all listeners; next() then returns at once.
  void stop();
  bool stopped() const { return stopped_; }

  /// News as changes, by number.
  static std::vector<Change> changes_of(const jobs::News& news);

 private:
  void run();

  jobs::JobStore& store_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::list<Subscription*> subscriptions_;
  std::atomic<bool> stopped_ = false;
  std::thread thread_;
};

}  // namespace lienzo::http
