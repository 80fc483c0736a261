#include <functional>
#include <memory>

#include "../base/expect_error.h"
#include "../weights/temporary_folder.h"
#include "lienzo/jobs/commit_in_doubt.h"
#include "lienzo/jobs/sql_store.h"
#include "lienzo/jobs/sqlite_database.h"

namespace lienzo::jobs {
namespace {

using namespace std::chrono_literals;

/// A database that is lost in the middle of commits.
class LossyDatabase final : public Database {
 public:
  explicit LossyDatabase(std::unique_ptr<Database> inner) : inner_(std::move(inner)) {}

  void transact(Access access, const std::function<void(Transaction&)>& body) override {
    if (access == Access::kRead || losses == 0) return inner_->transact(access, body);
    --losses;
    if (committed) inner_->transact(access, body);
    if (committed || in_doubt) throw CommitInDoubt("[jobs] lost in the middle of a commit");
    throw Error(ErrorKind::kIo, "[jobs] cannot be reached");
  }
  std::string lock(std::string_view table) const override { return inner_->lock(table); }
  std::string lock_free_ones(std::string_view table) const override {
    return inner_->lock_free_ones(table);
  }
  std::string_view position_function() const override { return inner_->position_function(); }

  int losses = 0;          // of the next transactions that write
  bool committed = false;  // whether they are committed nevertheless
  bool in_doubt = true;    // whether it was during the commit

 private:
  std::unique_ptr<Database> inner_;
};

class DoubtTest : public testing::Test {
 protected:
  DoubtTest() {
    auto database = std::make_unique<LossyDatabase>(open_sqlite(folder_ / "jobs.db"));
    database_ = database.get();
    store_ = std::make_unique<SqlStore>(std::move(database), 200ms, /*most_losses=*/5);
  }
  const weights::TemporaryFolder folder_;
  LossyDatabase* database_ = nullptr;
  std::unique_ptr<SqlStore> store_;
};

TEST_F(DoubtTest, AJobThatWasAcceptedAfterAllIsNotAcceptedTwice) {
  database_->losses = 1;
  database_->committed = true;
  const Submission submission = store_->submit({.owner = "ana"}, {.queued = 1});
  EXPECT_EQ(submission.refusal, Refusal::kNone);
  EXPECT_EQ(store_->counts().queued, 1);
  EXPECT_EQ(store_->list({}).at(0).id, submission.job.id);
}

TEST_F(DoubtTest, AJobThatWasNotAcceptedIsSubmittedAgain) {
  database_->losses = 2;
  const Submission submission = store_->submit({.owner = "ana"}, {});
  EXPECT_EQ(store_->find(submission.job.id)->what.owner, "ana");
  EXPECT_EQ(store_->counts().queued, 1);
}

TEST_F(DoubtTest, WhatCannotBeFoundOutIsSaid) {
  database_->losses = 100;
  EXPECT_THROW(store_->submit({.owner = "ana"}, {}), CommitInDoubt);
  // Without a commit there is no doubt, and nobody waits.
  database_->losses = 1;
  database_->in_doubt = false;
  expect_error(
      ErrorKind::kIo, [&] { store_->submit({.owner = "ana"}, {}); }, "cannot be reached");
  EXPECT_EQ(store_->counts().queued, 0);
}

}  // namespace
}  // namespace lienzo::jobs
