#include "lienzo/training/loader.h"

#include <ATen/Parallel.h>
#include <omp.h>

#include <algorithm>

namespace lienzo::training {

BatchLoader::BatchLoader(Make make, int64_t first, int threads, int ahead)
    : make_(std::move(make)), ahead_(std::max(ahead, threads)), to_make_(first), to_take_(first) {
  for (int i = 0; i < threads; ++i) threads_.emplace_back([this] { work(); });
}

BatchLoader::~BatchLoader() {
  {
    std::lock_guard lock(mutex_);
    stop_ = true;
  }
  changed_.notify_all();
  for (std::thread& thread : threads_) thread.join();
}

void BatchLoader::work() {
  // A loader takes one processor, not all. libtorch sets the count of a thread at its first
  // operation, in its library and once more in what its headers put into ours, so both must have
  // happened before; the OpenMP count is the thread's own, at::set_num_threads would change
  // everyone's.
  at::get_num_threads();
  at::internal::lazy_init_num_threads();
  omp_set_num_threads(1);
  torch::NoGradGuard no_grad;
  std::unique_lock lock(mutex_);
  for (;;) {
    changed_.wait(lock, [&] { return stop_ || to_make_ < to_take_ + ahead_; });
    if (stop_) return;
    const int64_t step = to_make_++;
    lock.unlock();
    Slot slot;
    try {
      slot.batch = make_(step);
    } catch (...) {
      slot.error = std::current_exception();
    }
    lock.lock();
    ready_.emplace(step, std::move(slot));
    changed_.notify_all();
  }
}

Batch BatchLoader::next() {
  if (threads_.empty()) {
    torch::NoGradGuard no_grad;
    return make_(to_take_++);
  }
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return ready_.contains(to_take_); });
  Slot slot = std::move(ready_.extract(to_take_).mapped());
  ++to_take_;
  lock.unlock();
  changed_.notify_all();
  if (slot.error) std::rethrow_exception(slot.error);
  return std::move(slot.batch);
}

}  // namespace lienzo::training
