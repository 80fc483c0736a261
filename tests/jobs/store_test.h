#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <string>

#include "../weights/temporary_folder.h"
#include "lienzo/jobs/job_store.h"

namespace lienzo::jobs {

using namespace std::chrono_literals;

constexpr auto kLong = 60'000ms;  // a lease that does not end during a test

class PostgresServer;

enum class Kind { kSqlite, kPostgreSql };

/// A test of what every store does, with an empty one.
class StoreTest : public testing::TestWithParam<Kind> {
 protected:
  void SetUp() override;
  /// The server that all tests share; nothing where PostgreSQL is not installed.
  static PostgresServer* postgres();

  /// Another program with the same store.
  std::unique_ptr<JobStore> open_again(int most_losses = 5) const {
    return open_job_store(where_, most_losses);
  }

  Job submit(const std::string& owner = "ana", double cost = 1, int priority = 0) {
    return store_->submit({.owner = owner, .model = "mini", .priority = priority, .cost = cost}, {})
        .job;
  }
  /// A job of a batch.
  std::string submit_to(const std::string& batch,
                        const std::string& owner = "ana",
                        double cost = 1,
                        int priority = 0) {
    return store_
        ->submit({.owner = owner, .priority = priority, .cost = cost, .batch = batch}, {1000, 1000})
        .job.id;
  }
  /// The owner of the next job, which is done at once; "nobody".
  std::string serve() {
    const auto lease = store_->claim("w", kLong);
    if (!lease) return "nobody";
    EXPECT_TRUE(store_->complete(*lease, {}));
    return lease->job.what.owner;
  }

  const weights::TemporaryFolder folder_;
  std::string where_;
  std::unique_ptr<JobStore> store_;
};

}  // namespace lienzo::jobs
