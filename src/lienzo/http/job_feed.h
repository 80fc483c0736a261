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

#include "lienzo/jobs/job_store.h"

namespace lienzo::http {

/// Tells any number of listeners what changes in a store: one thread reads it for all of them.
class JobFeed {
 public:
  explicit JobFeed(jobs::JobStore& store);
  ~JobFeed();
  JobFeed(const JobFeed&) = delete;
  JobFeed& operator=(const JobFeed&) = delete;

  /// Hears of the jobs of one owner (empty: everybody's), or of one job, from now on.
  class Subscription {
   public:
    ~Subscription();
    /// The next changed job, the newest state of it; nothing after `longest` or when the feed
    /// stops.
    std::optional<jobs::Job> next(std::chrono::milliseconds longest);

   private:
    friend class JobFeed;
    Subscription(JobFeed& feed, std::string owner, std::string job);
    JobFeed& feed_;
    std::string owner_, job_;
    std::deque<jobs::Job> waiting_;  // at most one entry a job
    std::list<Subscription*>::iterator place_;
  };
  std::unique_ptr<Subscription> subscribe(const std::string& owner, const std::string& job = {});

  /// Wakes all listeners; next() then returns at once.
  void stop();
  bool stopped() const { return stopped_; }

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
