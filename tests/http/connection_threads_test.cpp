#include "lienzo/http/connection_threads.h"

#include <gtest/gtest.h>
#include <pthread.h>

#include <atomic>
#include <system_error>
#include <thread>

namespace lienzo::http {
namespace {

/// No thread can be started while it lives: the stack would be larger than every address space.
class NoMoreThreads {
 public:
  NoMoreThreads() {
    pthread_getattr_default_np(&usual_);
    pthread_attr_t huge;
    pthread_attr_init(&huge);
    pthread_attr_setstacksize(&huge, size_t{1} << 60);
    pthread_setattr_default_np(&huge);
    pthread_attr_destroy(&huge);
  }
  ~NoMoreThreads() {
    pthread_setattr_default_np(&usual_);
    pthread_attr_destroy(&usual_);
  }
  NoMoreThreads(const NoMoreThreads&) = delete;
  NoMoreThreads& operator=(const NoMoreThreads&) = delete;

 private:
  pthread_attr_t usual_;
};

TEST(ConnectionThreads, WorkWaitsWhereNoThreadCanBeStarted) {
  std::atomic<int> done = 0;
  ConnectionThreads threads(4);
  {
    const NoMoreThreads no_more;
    EXPECT_THROW(std::thread([] {}).join(), std::system_error) << "then this tests nothing";
    threads.enqueue([&] { ++done; });
  }
  EXPECT_EQ(done, 0);
  threads.enqueue([&] { ++done; });
  threads.shutdown();
  EXPECT_EQ(done, 2);
}

}  // namespace
}  // namespace lienzo::http
