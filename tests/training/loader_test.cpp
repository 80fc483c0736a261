#include "lienzo/training/loader.h"

#include <ATen/Parallel.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <stdexcept>

namespace lienzo::training {
namespace {

TEST(BatchLoader, KeepsTheOrder) {
  for (int threads : {0, 1, 3}) {
    BatchLoader loader(
        [](int64_t step) {
          if (step % 3 == 0) std::this_thread::sleep_for(std::chrono::milliseconds(2));
          return Batch{torch::full({1}, static_cast<double>(step))};
        },
        5,
        threads);
    for (int64_t step = 5; step < 40; ++step) EXPECT_EQ(loader.next()[0].item<double>(), step);
  }
}

TEST(BatchLoader, WorksAheadAndThenWaits) {
  std::atomic<int> made = 0;
  BatchLoader loader(
      [&](int64_t) {
        ++made;
        return Batch{};
      },
      0,
      2,
      4);
  for (int i = 0; i < 200 && made < 4; ++i)
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  std::this_thread::sleep_for(std::chrono::milliseconds(20));
  EXPECT_EQ(made, 4);
}

TEST(BatchLoader, ThrowsInItsTurn) {
  BatchLoader loader(
      [](int64_t step) {
        if (step == 2) throw std::runtime_error("unreadable picture");
        return Batch{};
      },
      0,
      2);
  EXPECT_NO_THROW(loader.next());
  EXPECT_NO_THROW(loader.next());
  EXPECT_THROW(loader.next(), std::runtime_error);
}

TEST(BatchLoader, TakesOneThreadAndLeavesTheRest) {
  at::set_num_threads(2);
  BatchLoader loader(
      [](int64_t) {
        (void)torch::ones({100, 100}).matmul(torch::ones({100, 100}));
        return Batch{torch::full({1}, static_cast<double>(at::get_num_threads()))};
      },
      0,
      1);
  EXPECT_EQ(loader.next()[0].item<double>(), 1);
  EXPECT_EQ(at::get_num_threads(), 2);
  at::set_num_threads(1);
}

}  // namespace
}  // namespace lienzo::training
