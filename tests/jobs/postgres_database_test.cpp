#include <gmock/gmock.h>

#include <pqxx/connection>
#include <pqxx/nontransaction>
#include <thread>

#include "../base/expect_error.h"
#include "lienzo/jobs/schema.h"
#include "postgres_server.h"
#include "store_test.h"

namespace lienzo::jobs {
namespace {

class PostgresDatabaseTest : public StoreTest {
 protected:
  void by_hand(const std::string& sql) const {
    pqxx::connection connection(where_);
    pqxx::nontransaction(connection).exec("SET client_min_messages = error; " + sql);
  }
};

TEST_P(PostgresDatabaseTest, BringsOldTablesUpToDate) {
  store_.reset();
  by_hand("DROP SCHEMA lienzo CASCADE; CREATE SCHEMA lienzo; SET search_path = lienzo;" +
          std::string(migrations()[0]) +
          "CREATE TABLE version (version BIGINT NOT NULL); INSERT INTO version VALUES (1);"
          "INSERT INTO jobs (id, place, owner, dialect, model, title, request, priority, cost, "
          "tags, state, created, change) VALUES ('J', 1, 'ana', 'native', 'mini', 't', "
          "'{\"a\":1}', 0, 2, E'\\n', 'queued', 5, 1); UPDATE store SET change = 1");
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i)  // at once
    threads.emplace_back([&] { EXPECT_EQ(open_again()->find("J")->what.owner, "ana"); });
  for (std::thread& thread : threads) thread.join();
  const auto store = open_again();
  EXPECT_FALSE(store->is_referenced(std::string(64, 'a')));
  EXPECT_EQ(store->submit({.owner = "luis"}, {}).job.change, 2);
}

TEST_P(PostgresDatabaseTest, RefusesNewerTables) {
  by_hand("UPDATE lienzo.version SET version = 1000");
  expect_error(
      ErrorKind::kUnsupported, [&] { open_again(); }, "version 1000", "a newer lienzo");
}

TEST_P(PostgresDatabaseTest, GoesOnAfterTheServerWasStartedAgain) {
  submit();
  const auto other = open_again();
  const Lease lease = store_->claim("w", kLong).value();
  other->counts();
  postgres()->restart();
  EXPECT_EQ(store_->renew(lease, {.step = 1}, kLong), JobStore::Hold::kHeld);
  EXPECT_EQ(other->counts().running, 1);
  postgres()->restart();
  EXPECT_TRUE(store_->complete(lease, {}));
  EXPECT_EQ(other->find(lease.job.id)->state, JobState::kDone);
  // News arrive again, too.
  const int64_t seen = other->wait_for_change(0, 1ms);
  std::thread thread([&] { submit(); });
  EXPECT_GT(other->wait_for_change(seen, kLong), seen);
  thread.join();
}

TEST_P(PostgresDatabaseTest, SaysThatItCannotBeReached) {
  expect_error(
      ErrorKind::kIo,
      [] { open_job_store("postgresql://user:secret@/name?host=/nowhere"); },
      "/nowhere",
      "check that the server runs");
  try {
    open_job_store("postgresql://user:secret@/name?host=/nowhere");
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), testing::Not(testing::HasSubstr("secret")));
  }
}

TEST_P(PostgresDatabaseTest, SaysThatItMayNotWrite) {
  by_hand("CREATE ROLE reader LOGIN");
  std::string url = where_;
  url.replace(url.find("lienzo@"), 6, "reader");
  expect_error(
      ErrorKind::kIo, [&] { open_job_store(url); }, "permission denied", "the right");
  by_hand("DROP ROLE reader");
}

TEST_P(PostgresDatabaseTest, MoreThreadsThanConnections) {
  std::vector<std::thread> threads;
  for (int i = 0; i < 30; ++i) threads.emplace_back([&] { submit(); });
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(store_->counts().queued, 30);
  pqxx::connection connection(where_);
  const auto sessions = pqxx::nontransaction(connection)
                            .exec1(
                                "SELECT count(*) FROM pg_stat_activity WHERE application_name = "
                                "'lienzo'")[0]
                            .as<int>();
  EXPECT_LE(sessions, 9) << "8 and the listener";
}

INSTANTIATE_TEST_SUITE_P(PostgreSql, PostgresDatabaseTest, testing::Values(Kind::kPostgreSql));

}  // namespace
}  // namespace lienzo::jobs
