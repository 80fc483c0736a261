#pragma once

#include <condition_variable>
#include <cstdint>
#include <exception>
#include <functional>
#include <map>
#include <mutex>
#include <thread>
#include <vector>

#include "lienzo/training/task.h"

namespace lienzo::training {

/// Makes the batches of coming steps in background threads and hands them out in order. At most
/// `ahead` finished batches wait. An exception of `make` is thrown by the `next` whose batch it
/// was. `next` is for one thread.
class BatchLoader {
 public:
  using Make = std::function<Batch(int64_t step)>;

  /// Batches first, first + 1, ...; with 0 threads each is made inside `next`.
  BatchLoader(Make make, int64_t first, int threads, int ahead = 4);
  ~BatchLoader();
  BatchLoader(const BatchLoader&) = delete;
  BatchLoader& operator=(const BatchLoader&) = delete;

  Batch next();

 private:
  struct Slot {
    Batch batch;
    std::exception_ptr error;
  };
  void work();

  Make make_;
  const int64_t ahead_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::map<int64_t, Slot> ready_;  // guarded by mutex_, as all below
  int64_t to_make_;
  int64_t to_take_;
  bool stop_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace lienzo::training
