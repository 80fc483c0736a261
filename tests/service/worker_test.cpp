#include "lienzo/service/worker.h"

#include <gtest/gtest.h>

#include <functional>
#include <future>
#include <mutex>
#include <thread>

#include "../weights/temporary_folder.h"
#include "lienzo/base/error.h"
#include "lienzo/jobs/sqlite_database.h"
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
  // Called by draw(), too.
  std::vector<std::vector<MadePicture>> draw_together(std::span<const EngineJob> jobs,
                                                      const BlobReader& blobs) override {
    {
      const std::scoped_lock lock(mutex);
      sizes.push_back(jobs.size());
    }
    if (jobs.size() > 1 && before_together) before_together(jobs);
    return SleepEngine::draw_together(jobs, blobs);
  }
  std::vector<size_t> passes() {
    const std::scoped_lock lock(mutex);
    return sizes;
  }
  std::function<void(const EngineHooks&)> before;
  std::function<void(std::span<const EngineJob>)> before_together;

 private:
  std::mutex mutex;
  std::vector<size_t> sizes;  // of the passes, in order
};

class WorkerTest : public testing::Test {
 protected:
  Job submit(int count = 1) {
    DrawRequest request{.prompt = "a cube", .count = count, .tags = {"t"}};
    engine_.complete(request);
    return store_->submit({.owner = "ana", .model = "sleep", .request = to_json(request)}, {}).job;
  }
  /// As a server does it.
  std::string submit_to_batch(uint64_t seed, int side = 64) {
    DrawRequest request{.prompt = "a cube", .width = side, .height = side, .seed = seed};
    engine_.complete(request);
    return store_
        ->submit({.owner = "ana",
                  .model = "sleep",
                  .request = to_json(request),
                  .batch = batch_key(request)},
                 {})
        .job.id;
  }
  uint64_t seed_of(const std::string& job) {
    const auto pictures = store_->list_pictures({.job = job}).pictures;
    return pictures.size() == 1 ? pictures[0].seed : UINT64_MAX;
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

TEST_F(WorkerTest, DrawsJobsTogetherThatFit) {
  TestEngine joining(milliseconds(10), milliseconds(20), 3);
  std::vector<std::string> ids, large;
  for (uint64_t seed = 0; seed < 5; ++seed) ids.push_back(submit_to_batch(seed));
  for (uint64_t seed = 5; seed < 7; ++seed) large.push_back(submit_to_batch(seed, 128));
  Worker worker(*store_, blobs_, joining, options_);
  for (const std::string& id : ids) EXPECT_EQ(await_end(id).state, JobState::kDone);
  for (const std::string& id : large) EXPECT_EQ(await_end(id).state, JobState::kDone);
  worker.stop(milliseconds(5000));
  EXPECT_EQ(joining.passes(), (std::vector<size_t>{3, 2, 2})) << "never of different sizes";
  EXPECT_EQ(worker.done(), 7);
  for (uint64_t seed = 0; seed < 5; ++seed) EXPECT_EQ(seed_of(ids[seed]), seed);
  for (uint64_t seed = 5; seed < 7; ++seed) EXPECT_EQ(seed_of(large[seed - 5]), seed);
  for (const std::string& id : ids) EXPECT_EQ(store_->find(id)->attempts, 1);
}

TEST_F(WorkerTest, OneOfSeveralIsCancelledAndTheOthersGoOn) {
  TestEngine joining(milliseconds(200), milliseconds(100), 3);
  std::vector<std::string> ids;
  for (uint64_t seed = 0; seed < 3; ++seed) ids.push_back(submit_to_batch(seed));
  Worker worker(*store_, blobs_, joining, options_);
  for (const std::string& id : ids) await(id, [](const Job& job) { return job.progress.step > 0; });
  store_->cancel(ids[1]);
  EXPECT_EQ(await_end(ids[1]).state, JobState::kCancelled);
  EXPECT_TRUE(store_->find(ids[1])->pictures.empty());
  for (const size_t k : {size_t{0}, size_t{2}}) {
    EXPECT_EQ(await_end(ids[k]).state, JobState::kDone);
    EXPECT_EQ(seed_of(ids[k]), k);
  }
  EXPECT_EQ(joining.passes(), std::vector<size_t>{3});
}

TEST_F(WorkerTest, WhatFailsTogetherIsDrawnAlone) {
  TestEngine joining(milliseconds(10), milliseconds(20), 3);
  joining.before_together = [](std::span<const EngineJob>) {
    throw Error(ErrorKind::kOutOfMemory, "[x] together they are too large");
  };
  joining.before = [](const EngineHooks&) {};
  std::vector<std::string> ids;
  for (uint64_t seed = 0; seed < 3; ++seed) ids.push_back(submit_to_batch(seed));
  Worker worker(*store_, blobs_, joining, options_);
  for (uint64_t seed = 0; seed < 3; ++seed) {
    const Job job = await_end(ids[seed]);
    EXPECT_EQ(job.state, JobState::kDone);
    EXPECT_EQ(job.attempts, 2);
    EXPECT_EQ(seed_of(ids[seed]), seed);
  }
  EXPECT_EQ(joining.passes(), (std::vector<size_t>{3, 1, 1, 1}));
  EXPECT_EQ(worker.failed(), 0);
}

TEST_F(WorkerTest, GivesAllBackWhenItMustStop) {
  TestEngine joining(milliseconds(3000), milliseconds(100), 3);
  std::vector<std::string> ids;
  for (uint64_t seed = 0; seed < 3; ++seed) ids.push_back(submit_to_batch(seed));
  {
    Worker worker(*store_, blobs_, joining, options_);
    for (const std::string& id : ids) await(id, is_running);
    worker.stop(milliseconds(50));
  }
  for (const std::string& id : ids) {
    EXPECT_EQ(store_->find(id)->state, JobState::kQueued);
    EXPECT_FALSE(store_->find(id)->what.batch.empty()) << "nothing was wrong with the company";
  }
}

// The store is held until the picture is drawn: who draws must not wait for it.
TEST_F(WorkerTest, WritesPreviewsWhileItDraws) {
  const auto database = jobs::open_sqlite(folder_ / "jobs.db");
  std::promise<void> begun, held, drawn;
  std::future<void> was_begun = begun.get_future(), is_held = held.get_future(),
                    was_drawn = drawn.get_future();
  bool in_time = false;
  engine_.before = [&](const EngineHooks& hooks) {
    begun.set_value();
    is_held.wait();
    for (int step = 1; step <= 3; ++step) hooks.preview(0, step, "p" + std::to_string(step));
    drawn.set_value();
  };
  Worker worker(*store_, blobs_, engine_, options_);
  std::string id;
  std::thread holder([&] {
    // Submitted first, since nothing can be while this one writes.
    id = submit().id;
    was_begun.wait();
    database->transact(jobs::Database::Access::kWrite, [&](jobs::Transaction&) {
      held.set_value();
      in_time = was_drawn.wait_for(std::chrono::seconds(10)) == std::future_status::ready;
    });
  });
  holder.join();
  EXPECT_TRUE(in_time);
  EXPECT_EQ(await_end(id).state, JobState::kDone);
}

TEST_F(WorkerTest, ShowsTheNewestPreviewBehindItsProgress) {
  std::promise<void> seen;
  std::future<void> was_seen = seen.get_future();
  engine_.before = [&](const EngineHooks& hooks) {
    for (int step = 1; step <= 3; ++step) {
      hooks.progress({.step = step, .steps = 10, .fraction = step / 10.0});
      hooks.preview(0, step, "p" + std::to_string(step));
    }
    was_seen.wait();
  };
  Worker worker(*store_, blobs_, engine_, options_);
  const std::string id = submit().id;
  int steps_at_least = 0;
  while (true) {
    const auto preview = store_->preview(id);
    const Job job = store_->find(id).value();  // read later, so it is not older
    if (preview) {
      EXPECT_GE(job.progress.step, preview->step);
      EXPECT_GE(preview->step, steps_at_least);
      steps_at_least = preview->step;
      EXPECT_EQ(preview->bytes, "p" + std::to_string(preview->step));
      if (preview->step == 3) break;
    }
    std::this_thread::sleep_for(milliseconds(1));
  }
  seen.set_value();
  EXPECT_EQ(await_end(id).state, JobState::kDone);
  EXPECT_FALSE(store_->preview(id)) << "it is over";
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
