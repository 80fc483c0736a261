#include <SQLiteCpp/Database.h>
#include <SQLiteCpp/Statement.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <csignal>
#include <fstream>

#include "../base/expect_error.h"
#include "../weights/temporary_folder.h"
#include "lienzo/base/file.h"
#include "lienzo/jobs/job_store.h"
#include "lienzo/jobs/schema.h"

namespace lienzo::jobs {
namespace {

class SqliteDatabaseTest : public testing::Test {
 protected:
  SQLite::Database by_hand() const { return {file_, SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE}; }

  const weights::TemporaryFolder folder_;
  const std::string file_ = (folder_ / "jobs.db").string();
};

TEST_F(SqliteDatabaseTest, BringsOldTablesUpToDate) {
  {
    SQLite::Database old = by_hand();
    old.exec(std::string(migrations()[0]));
    old.exec(
        "PRAGMA user_version = 1; PRAGMA application_id = 1281975662;"
        "INSERT INTO jobs (id, place, owner, dialect, model, title, request, priority, cost, tags, "
        "state, created, change) VALUES ('J', 1, 'ana', 'native', 'mini', 't', '{\"a\":1}', 0, 2, "
        "char(10), 'queued', 5, 1); UPDATE store SET change = 1");
  }
  const auto store = open_job_store(file_);
  EXPECT_EQ(store->find("J")->what.request.dump(), R"({"a":1})");
  EXPECT_FALSE(store->is_referenced(std::string(64, 'a')));
  EXPECT_EQ(store->submit({.owner = "luis"}, {}).job.change, 2);
  EXPECT_EQ(store->claim("w", std::chrono::minutes(1))->job.id, "J");
  EXPECT_EQ(by_hand().execAndGet("PRAGMA user_version").getInt(),
            static_cast<int>(migrations().size()));
}

TEST_F(SqliteDatabaseTest, TakesAnEmptyFile) {
  std::ofstream{file_};
  open_job_store("sqlite:" + file_)->submit({.owner = "a"}, {});
  EXPECT_EQ(open_job_store(file_)->counts().queued, 1);
}

TEST_F(SqliteDatabaseTest, RefusesNewerTables) {
  open_job_store(file_);
  by_hand().exec("PRAGMA user_version = 1000");
  expect_error(
      ErrorKind::kUnsupported, [&] { open_job_store(file_); }, "version 1000", "a newer lienzo");
}

TEST_F(SqliteDatabaseTest, RefusesWhatIsNotOurs) {
  by_hand().exec("CREATE TABLE diary (day TEXT)");
  expect_error(
      ErrorKind::kInvalidInput, [&] { open_job_store(file_); }, "another program");
  EXPECT_EQ(by_hand().execAndGet("SELECT count(*) FROM sqlite_master").getInt(), 1);
}

TEST_F(SqliteDatabaseTest, RefusesWhatIsNoDatabase) {
  write_file_atomic(file_, std::string(5000, 'x'));
  expect_error(
      ErrorKind::kCorrupt, [&] { open_job_store(file_); }, file_);
}

TEST_F(SqliteDatabaseTest, SaysWhereItCannotWrite) {
  expect_error(
      ErrorKind::kIo, [&] { open_job_store("/proc/nowhere/jobs.db"); }, "/proc/nowhere", "choose");
  expect_error(
      ErrorKind::kIo, [&] { open_job_store(folder_.path().string()); }, "choose a folder");
  expect_error(
      ErrorKind::kInvalidInput, [&] { open_job_store("sqlite:"); }, "no place");
}

TEST_F(SqliteDatabaseTest, AFullDiskLosesNothingThatWasAccepted) {
  const auto store = open_job_store(file_);
  const Job first = store->submit({.owner = "a"}, {}).job;
  // A limit on the size of files stands for the end of the disk.
  const auto old_handler = std::signal(SIGXFSZ, SIG_IGN);
  rlimit before{};
  getrlimit(RLIMIT_FSIZE, &before);
  const rlimit little = {400'000, before.rlim_max};
  setrlimit(RLIMIT_FSIZE, &little);
  int accepted = 1;
  expect_error(
      ErrorKind::kIo,
      [&] {
        for (; accepted < 100; ++accepted)
          store->submit({.owner = "a", .title = std::string(50'000, 'x')}, {});
      },
      file_,
      "free space");
  setrlimit(RLIMIT_FSIZE, &before);
  std::signal(SIGXFSZ, old_handler);
  EXPECT_EQ(store->counts().queued, accepted);
  EXPECT_EQ(store->claim("w", std::chrono::minutes(1))->job.id, first.id);
}

}  // namespace
}  // namespace lienzo::jobs
