#include "lienzo/http/job_feed.h"

#include <gtest/gtest.h>

#include <atomic>
#include <memory>

#include "../jobs/exhausted_database.h"
#include "dialect_fixture.h"
#include "lienzo/base/log.h"
#include "lienzo/jobs/sql_store.h"

namespace lienzo::http {
namespace {

TEST(JobFeed, LivesOnWhereTheMemoryIsNotEnough) {
  std::atomic<int> warnings = 0;
  set_log_sink([&](LogLevel, std::string_view) { ++warnings; });
  {
    jobs::SqlStore store(std::make_unique<jobs::ExhaustedDatabase>(),
                         std::chrono::milliseconds(10),
                         /*most_losses=*/5);
    JobFeed feed(store);
    await("a warning", [&] { return warnings > 0; });
    EXPECT_FALSE(feed.stopped());
  }
  set_log_sink({});
}

}  // namespace
}  // namespace lienzo::http
