#pragma once

#include <httplib.h>

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>

namespace lienzo::http {

/// A thread for every connection that needs one, up to a limit; threads are kept a while for the
/// next. Unlike a fixed pool, clients that send slowly or listen to events keep nobody waiting.
class ConnectionThreads : public httplib::TaskQueue {
 public:
  explicit ConnectionThreads(size_t most) : most_(most) {}
  ~ConnectionThreads() override;

  void enqueue(std::function<void()> work) override;
  /// Waits until all work is done.
  void shutdown() override;

 private:
  void run();

  const size_t most_;
  std::mutex mutex_;
  std::condition_variable work_, ended_;
  std::deque<std::function<void()>> waiting_;
  size_t threads_ = 0, idle_ = 0;
  bool over_ = false;
};

}  // namespace lienzo::http
