#include "lienzo/http/connection_threads.h"

#include <fmt/format.h>

#include <chrono>
#include <system_error>
#include <thread>

#include "lienzo/base/log.h"

namespace lienzo::http {

ConnectionThreads::~ConnectionThreads() { shutdown(); }

void ConnectionThreads::enqueue(std::function<void()> work) {
  const std::scoped_lock lock(mutex_);
  waiting_.push_back(std::move(work));
  if (idle_ >= waiting_.size() || threads_ >= most_) {
    work_.notify_one();
    return;
  }
  try {
    std::thread([this] { run(); }).detach();
    ++threads_;  // before it runs: that needs the lock
  } catch (const std::system_error& problem) {
    // Whoever is through with something else takes it, or who comes with the next connection.
    log(LogLevel::kWarning,
        fmt::format("[http] cannot start a thread for a connection, which waits: {}; allow more "
                    "threads, or fewer connections",
                    problem.what()));
    work_.notify_one();
  }
}

void ConnectionThreads::shutdown() {
  std::unique_lock lock(mutex_);
  over_ = true;
  work_.notify_all();
  ended_.wait(lock, [this] { return threads_ == 0; });
}

void ConnectionThreads::run() {
  std::unique_lock lock(mutex_);
  while (true) {
    ++idle_;
    work_.wait_for(lock, std::chrono::seconds(10), [this] { return !waiting_.empty() || over_; });
    --idle_;
    if (waiting_.empty()) break;
    const std::function<void()> work = std::move(waiting_.front());
    waiting_.pop_front();
    lock.unlock();
    work();
    lock.lock();
  }
  --threads_;
  // While the lock is held, so that the object cannot go before this thread is through with it.
  ended_.notify_all();
}

}  // namespace lienzo::http
