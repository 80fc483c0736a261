#include "lienzo/service/worker.h"

#include <gtest/gtest.h>

#include <functional>
#include <thread>

#include "../weights/temporary_folder.h"
#include "lienzo/base/error.h"
#include "lienzo/service/housekeeping.h"
#include "lienzo/service/sleep_engine.h"

namespace lienzo::service {
namespace {

using jobs::Job;
using jobs::JobState;
using std::chrono::milliseconds;

/// A sleep engine that can be told to do something else in the middle.
class TestEngine : public SleepEngine {
 public:
  using SleepEngine::SleepEngine;
  std::vector<MadePicture> draw(const DrawRequest& request,
                                const BlobReader& blobs,
                                const EngineHooks& hooks) override {
    if (before) before(hooks);
    return SleepEngine::draw(request, blobs, hooks);
  }
  std::function<void(const EngineHooks&)> before;
};

class WorkerTest : public testing::Test {
 protected:
  Job submit(int count = 1) {
    DrawRequest request{.prompt = "a cube", .count = count, .tags = {"t"}};
    engine_.complete(request);
    return store_->submit({.owner = "ana", .model = "sleep", .request = to_json(request)}, {}).job;
  }
  Job await(const std::string& id, const std::function<bool(const Job&)>& wanted) {
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(30);
    while (std::chrono::steady_clock::now() < end) {
      const Job job = store_->find(id).value();
      if (wanted(job)) return job;
      std::this_thread::sleep_for(milliseconds(2));
    }
    ADD_FAILURE() << "the job never got there";
    return store_->find(id).value();
  }
  Job await_end(const std::string& id) {
    return await(id, [](const Job& job) { return is_final(job.state); });
  }
  static bool is_running(const Job& job) { return job.state == JobState::kRunning; }

  const weights::TemporaryFolder folder_;
  std::unique_ptr<jobs::JobStore> store_ = jobs::open_job_store((folder_ / "jobs.db").string());
  jobs::BlobStore blobs_{folder_ / "pictures"};
  TestEngine engine_{milliseconds(20)};
  const WorkerOptions options_{
      .name = "w", .lease = milliseconds(600), .progress_every = milliseconds(5)};
};

TEST_F(WorkerTest, MakesPicturesAndKeepsTheirRecords) {
  Worker worker(*store_, blobs_, engine_, options_);
  const Job job = await_end(submit(3).id);
  EXPECT_EQ(job.state, JobState::kDone);
  ASSERT_EQ(job.pictures.size(), 3U);
  const auto page = store_->list_pictures({.job = job.id});
  ASSERT_EQ(page.pictures.size(), 3U);
  const jobs::PictureRow row = store_->find_picture("ana", job.pictures[1]).value();
  EXPECT_EQ(row.index, 1);
  EXPECT_EQ(row.seed, 1U);
  EXPECT_EQ(row.record.at("prompt"), "a cube");
  EXPECT_EQ(row.tags, std::vector<std::string>{"t"});
  EXPECT_EQ(blobs_.read(row.id).substr(1, 3), "PNG");
  worker.stop(milliseconds(1000));
  EXPECT_EQ(worker.done(), 1);
}

TEST_F(WorkerTest, TellsHowFarItIs) {
  TestEngine slow(milliseconds(2000));
  Worker worker(*store_, blobs_, slow, options_);
  const Job job = await(submit().id, [](const Job& j) { return j.progress.step >= 2; });
  EXPECT_EQ(job.progress.steps, 10);
  EXPECT_GT(job.progress.fraction, 0.1);
  EXPECT_TRUE(job.progress.seconds_left.has_value());
}

TEST_F(WorkerTest, StopsARunningJobThatIsCancelled) {
  TestEngine slow(milliseconds(20'000));
  Worker worker(*store_, blobs_, slow, options_);
  const std::string id = submit().id;
  await(id, is_running);
  store_->cancel(id);
  const Job job = await_end(id);
  EXPECT_EQ(job.state, JobState::kCancelled);
  EXPECT_TRUE(job.pictures.empty());
}

TEST_F(WorkerTest, AFailureIsTheJobsNotTheWorkers) {
  engine_.before = [](const EngineHooks&) {
    throw Error(ErrorKind::kOutOfMemory, "[x] too large");
  };
  Worker worker(*store_, blobs_, engine_, options_);
  const Job failed = await_end(submit().id);
  EXPECT_EQ(failed.state, JobState::kFailed);
  ASSERT_TRUE(failed.error.has_value());
  EXPECT_EQ(failed.error->kind, name(ErrorKind::kOutOfMemory));
  EXPECT_EQ(failed.error->message, "[x] too large");
  engine_.before = [](const EngineHooks&) { throw std::runtime_error("surprise"); };
  EXPECT_EQ(await_end(submit().id).error->kind, name(ErrorKind::kInternal));
  engine_.before = {};
  EXPECT_EQ(await_end(submit().id).state, JobState::kDone);
}

TEST_F(WorkerTest, GivesTheRunningJobBackWhenItMustStop) {
  TestEngine slow(milliseconds(20'000));
  std::string id;
  {
    Worker worker(*store_, blobs_, slow, options_);
    id = submit().id;
    await(id, is_running);
    worker.stop(milliseconds(50));
  }
  EXPECT_EQ(store_->find(id)->state, JobState::kQueued);
  Worker other(*store_, blobs_, engine_, options_);
  EXPECT_EQ(await_end(id).state, JobState::kDone);
}

TEST_F(WorkerTest, FinishesTheRunningJobWithinTheGrace) {
  TestEngine slow(milliseconds(400));
  Worker worker(*store_, blobs_, slow, options_);
  const std::string id = submit().id;
  await(id, is_running);
  worker.stop(milliseconds(20'000));
  EXPECT_EQ(store_->find(id)->state, JobState::kDone);
}

TEST_F(WorkerTest, KeepsItsLeaseThroughLongWork) {
  // Three leases long, with nothing to tell.
  engine_.before = [](const EngineHooks&) { std::this_thread::sleep_for(milliseconds(1800)); };
  Worker worker(*store_, blobs_, engine_, options_);
  const Job job = await_end(submit().id);
  EXPECT_EQ(job.state, JobState::kDone);
  EXPECT_EQ(job.attempts, 1);
}

TEST_F(WorkerTest, ThrowsItsPicturesAwayWhenSomebodyElseHasTheJob) {
  const std::string id = submit().id;
  // A worker that was stopped for so long that its lease ended.
  const auto stale = store_->claim("stale", milliseconds(1));
  ASSERT_TRUE(stale.has_value());
  std::this_thread::sleep_for(milliseconds(20));
  Worker worker(*store_, blobs_, engine_, options_);
  const Job job = await_end(id);
  EXPECT_EQ(job.state, JobState::kDone);
  EXPECT_EQ(job.attempts, 2);
  EXPECT_FALSE(store_->complete(*stale, {}));
  EXPECT_EQ(store_->find(id)->pictures.size(), 1U);
}

TEST_F(WorkerTest, HousekeepingKeepsWhatIsNeeded) {
  const auto keep = [&](const std::string& text) {
    return blobs_.put(std::as_bytes(std::span(text)));
  };
  const std::string needed = keep("needed by a job"), forgotten = keep("forgotten");
  const DrawRequest edit{.task = Task::kEdit, .picture = needed};
  store_->submit({.owner = "ana", .model = "sleep", .request = to_json(edit)}, {});
  keep_house(*store_, blobs_, {});
  EXPECT_TRUE(blobs_.contains(forgotten));  // it is new
  keep_house(*store_, blobs_, {.uploads = std::chrono::hours(-1)});
  EXPECT_FALSE(blobs_.contains(forgotten));
  EXPECT_TRUE(blobs_.contains(needed));
}

}  // namespace
}  // namespace lienzo::service
