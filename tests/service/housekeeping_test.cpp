#include "lienzo/service/housekeeping.h"

#include <gtest/gtest.h>

#include <future>
#include <memory>
#include <mutex>
#include <string>

#include "../jobs/exhausted_database.h"
#include "../weights/temporary_folder.h"
#include "lienzo/base/log.h"
#include "lienzo/jobs/sql_store.h"

namespace lienzo::service {
namespace {

TEST(Housekeeper, LivesOnWhereTheMemoryIsNotEnough) {
  std::promise<std::string> told;
  std::once_flag first;
  set_log_sink([&](LogLevel, std::string_view message) {
    std::call_once(first, [&] { told.set_value(std::string(message)); });
  });
  {
    const weights::TemporaryFolder folder;
    const jobs::BlobStore blobs(folder / "pictures");
    jobs::SqlStore store(std::make_unique<jobs::ExhaustedDatabase>(),
                         std::chrono::milliseconds(10),
                         /*most_losses=*/5);
    const Housekeeper housekeeper(store, blobs, {});
    std::future<std::string> warning = told.get_future();
    ASSERT_EQ(warning.wait_for(std::chrono::seconds(60)), std::future_status::ready);
    EXPECT_EQ(warning.get(), "[housekeeping] std::bad_alloc");
  }
  set_log_sink({});
}

}  // namespace
}  // namespace lienzo::service
