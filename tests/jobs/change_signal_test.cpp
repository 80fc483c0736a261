#include "lienzo/jobs/change_signal.h"

#include <gtest/gtest.h>

#include <future>

namespace lienzo::jobs {
namespace {

using namespace std::chrono_literals;

TEST(ChangeSignalTest, OneWhoComesDuringTheFirstReadingReadsAsWell) {
  ChangeSignal signal;
  std::promise<void> reading, may_end;
  std::future<int64_t> first = std::async(std::launch::async, [&] {
    return signal.wait(0, 0ms, 1h, [&] {
      reading.set_value();
      may_end.get_future().wait();
      return int64_t{5};
    });
  });
  reading.get_future().wait();
  EXPECT_EQ(signal.wait(0, 0ms, 1h, [] { return int64_t{7}; }), 7);
  may_end.set_value();
  EXPECT_EQ(first.get(), 7);
}

TEST(ChangeSignalTest, ReadsOnceAnIntervalAndHearsWhatIsRaised) {
  ChangeSignal signal;
  int reads = 0;
  const auto read = [&] {
    ++reads;
    return int64_t{3};
  };
  EXPECT_EQ(signal.wait(3, 0ms, 1h, read), 3);
  EXPECT_EQ(signal.wait(3, 0ms, 1h, read), 3);
  EXPECT_EQ(reads, 1);
  signal.raise(4);
  signal.raise(2);
  EXPECT_EQ(signal.wait(3, 1h, 1h, read), 4);
  EXPECT_EQ(reads, 1);
}

}  // namespace
}  // namespace lienzo::jobs
