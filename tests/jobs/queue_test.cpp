#include <gmock/gmock.h>

#include <atomic>
#include <map>
#include <mutex>
#include <set>
#include <thread>

#include "../base/expect_error.h"
#include "store_test.h"

namespace lienzo::jobs {
namespace {

class QueueTest : public StoreTest {};

TEST_P(QueueTest, AJobKeepsWhatItWasGiven) {
  const NewJob asked = {
      .owner = "ana",
      .dialect = "openai",
      .model = "mini",
      .title = "un ñandú 🎨",
      .request = {{"prompt", "un ñandú"}, {"steps", 8}, {"a", Json::array({1, "x"})}},
      .priority = -3,
      .cost = 12.5,
      .batch = "256 px",
      .tags = {"a", "b \"c\"\n", ","}};
  const Submission submission = store_->submit(asked, {});
  EXPECT_EQ(submission.refusal, Refusal::kNone);
  for (const Job& job : {submission.job, store_->find(submission.job.id).value()}) {
    EXPECT_EQ(job.id.size(), 26u);
    EXPECT_EQ(job.what.owner, asked.owner);
    EXPECT_EQ(job.what.dialect, asked.dialect);
    EXPECT_EQ(job.what.model, asked.model);
    EXPECT_EQ(job.what.title, asked.title);
    EXPECT_EQ(job.what.request, asked.request);
    EXPECT_EQ(job.what.priority, asked.priority);
    EXPECT_EQ(job.what.cost, asked.cost);
    EXPECT_EQ(job.what.batch, asked.batch);
    EXPECT_EQ(job.what.tags, asked.tags);
    EXPECT_EQ(job.state, JobState::kQueued);
    EXPECT_GT(job.created, 1'700'000'000'000);
    EXPECT_FALSE(job.started || job.finished || job.error);
    EXPECT_EQ(job.queue_position, 0);
    EXPECT_EQ(job.change, 1);
  }
  EXPECT_FALSE(store_->find("nowhere"));
}

TEST_P(QueueTest, RefusesWhatNoDatabaseKeeps) {
  expect_error(
      ErrorKind::kInvalidInput,
      [&] { store_->submit({.owner = "a", .title = "\xff"}, {}); },
      "title");
  expect_error(
      ErrorKind::kInvalidInput,
      [&] { store_->submit({.owner = "a", .title = std::string("a\0b", 3)}, {}); },
      "zero byte");
  expect_error(
      ErrorKind::kInvalidInput, [&] { store_->submit({.owner = "a", .priority = 11}, {}); }, "11");
  expect_error(
      ErrorKind::kInvalidInput,
      [&] { store_->submit({.owner = "a", .cost = std::numeric_limits<double>::infinity()}, {}); },
      "cost");
  Json deep = 1;
  for (int i = 0; i < 100; ++i) deep = Json::array({deep});
  expect_error(
      ErrorKind::kInvalidInput,
      [&] { store_->submit({.owner = "a", .request = deep}, {}); },
      "request");
  EXPECT_FALSE(store_->find(std::string("a\0b", 3)));
  // A zero byte inside JSON is written as \u0000.
  const Json zero = {{"prompt", std::string("a\0b", 3)}};
  const Job job = store_->submit({.owner = "a", .request = zero}, {}).job;
  EXPECT_EQ(store_->find(job.id)->what.request, zero);
}

TEST_P(QueueTest, AJobFromTheQueueToTheEnd) {
  const Job job = submit();
  const Lease lease = store_->claim("w1", kLong).value();
  EXPECT_EQ(lease.job.id, job.id);
  EXPECT_EQ(lease.job.state, JobState::kRunning);
  EXPECT_EQ(lease.job.worker, "w1");
  EXPECT_EQ(lease.job.attempts, 1);
  EXPECT_GE(lease.job.started.value(), job.created);
  EXPECT_FALSE(lease.job.queue_position);
  EXPECT_FALSE(store_->claim("w2", kLong));

  const JobProgress progress = {"draw", 3, 8, 0, 2, 0.5, 1.25};
  EXPECT_EQ(store_->renew(lease, progress, kLong), JobStore::Hold::kHeld);
  EXPECT_EQ(store_->find(job.id)->progress, progress);

  PictureRow picture = {.id = std::string(64, 'a'), .width = 4, .height = 2, .format = "png"};
  PictureRow second = picture;
  second.id = std::string(64, 'b');
  second.index = 1;
  EXPECT_TRUE(store_->complete(lease, {second, picture}));
  const Job done = store_->find(job.id).value();
  EXPECT_EQ(done.state, JobState::kDone);
  EXPECT_EQ(done.pictures, (std::vector<std::string>{picture.id, second.id}));
  EXPECT_EQ(done.progress.fraction, 1);
  EXPECT_GE(done.finished.value(), done.started.value());
  EXPECT_EQ(store_->find_picture("ana", picture.id)->job, job.id);

  // It is over for everybody.
  EXPECT_FALSE(store_->complete(lease, {picture}));
  EXPECT_FALSE(store_->fail(lease, {"internal error", "x"}));
  EXPECT_FALSE(store_->confirm_cancel(lease));
  EXPECT_FALSE(store_->give_back(lease));
  EXPECT_FALSE(store_->put_preview(lease, 0, 1, "x"));
  EXPECT_EQ(store_->renew(lease, progress, kLong), JobStore::Hold::kLost);
  EXPECT_EQ(store_->cancel(job.id)->state, JobState::kDone);
  EXPECT_EQ(store_->find(job.id)->pictures.size(), 2u);
}

TEST_P(QueueTest, ProgressNeverFallsAndALifeSignWakesNobody) {
  submit();
  const Lease lease = store_->claim("w", kLong).value();
  store_->renew(lease, {.step = 5, .fraction = 0.6}, kLong);
  store_->renew(lease, {.step = 1, .picture = 1, .fraction = 0.3}, kLong);
  EXPECT_EQ(store_->find(lease.job.id)->progress.fraction, 0.6);
  EXPECT_EQ(store_->find(lease.job.id)->progress.picture, 1);
  const int64_t change = store_->find(lease.job.id)->change;
  store_->renew(lease, {.step = 1, .picture = 1, .fraction = 0.3}, kLong);
  EXPECT_EQ(store_->find(lease.job.id)->change, change);
}

TEST_P(QueueTest, AFailedJobSaysWhy) {
  submit();
  const Lease lease = store_->claim("w", kLong).value();
  EXPECT_TRUE(store_->fail(lease, {"out of memory", std::string("ñ\0\xff", 4)}));
  const Job job = store_->find(lease.job.id).value();
  EXPECT_EQ(job.state, JobState::kFailed);
  EXPECT_EQ(job.error->kind, "out of memory");
  EXPECT_EQ(job.error->message.size(), 4u);
}

TEST_P(QueueTest, CancellingAQueuedAndARunningJob) {
  const Job first = submit();
  const Job second = submit();
  EXPECT_EQ(store_->cancel(second.id)->state, JobState::kCancelled);
  const Lease lease = store_->claim("w", kLong).value();
  EXPECT_EQ(lease.job.id, first.id);
  const Job asked = store_->cancel(first.id).value();
  EXPECT_EQ(asked.state, JobState::kRunning);
  EXPECT_TRUE(asked.cancel_requested);
  EXPECT_EQ(store_->cancel(first.id)->change, asked.change) << "asked twice, nothing new";
  EXPECT_EQ(store_->renew(lease, {}, kLong), JobStore::Hold::kCancelRequested);
  EXPECT_TRUE(store_->confirm_cancel(lease));
  EXPECT_EQ(store_->find(first.id)->state, JobState::kCancelled);
  EXPECT_FALSE(store_->claim("w", kLong));
  EXPECT_FALSE(store_->cancel("nowhere"));
}

TEST_P(QueueTest, AJobToBeCancelledDoesNotComeBack) {
  submit();
  submit();
  const Lease lost = store_->claim("w", kLong).value();
  const Lease kept = store_->claim("w", kLong).value();
  store_->cancel(lost.job.id);
  store_->cancel(kept.job.id);
  store_->renew(lost, {}, 1ms);
  std::this_thread::sleep_for(5ms);
  EXPECT_EQ(store_->expire_leases(), 1);
  EXPECT_TRUE(store_->give_back(kept));
  EXPECT_EQ(store_->counts().cancelled, 2);
}

TEST_P(QueueTest, ALeaseThatEndedIsLost) {
  const Job job = submit();
  const Lease old = store_->claim("w1", 1ms).value();
  std::this_thread::sleep_for(5ms);
  const Lease fresh = store_->claim("w2", kLong).value();
  EXPECT_EQ(fresh.job.id, job.id);
  EXPECT_EQ(fresh.job.attempts, 2);
  EXPECT_NE(fresh.token, old.token);
  EXPECT_EQ(store_->renew(old, {}, kLong), JobStore::Hold::kLost);
  EXPECT_FALSE(store_->complete(old, {{.id = std::string(64, 'a')}}));
  EXPECT_FALSE(store_->fail(old, {}));
  EXPECT_FALSE(store_->give_back(old));
  EXPECT_FALSE(store_->confirm_cancel(old));
  EXPECT_FALSE(store_->find_picture("ana", std::string(64, 'a')));
  EXPECT_TRUE(store_->complete(fresh, {}));
}

TEST_P(QueueTest, WhatIsDoneLateButBeforeAnybodyNoticedCounts) {
  submit();
  const Lease lease = store_->claim("w", 1ms).value();
  std::this_thread::sleep_for(5ms);
  EXPECT_EQ(store_->renew(lease, {}, 1ms), JobStore::Hold::kHeld);
  EXPECT_TRUE(store_->complete(lease, {}));
  EXPECT_EQ(store_->expire_leases(), 0);
}

TEST_P(QueueTest, AJobThatKillsItsWorkersIsGivenUp) {
  submit();
  for (int attempt = 1; attempt <= 5; ++attempt) {
    const auto lease = store_->claim("w", 1ms);
    ASSERT_TRUE(lease) << attempt;
    EXPECT_EQ(lease->job.attempts, attempt);
    std::this_thread::sleep_for(5ms);
  }
  EXPECT_FALSE(store_->claim("w", 1ms));
  const Job job = store_->list({}).at(0);
  EXPECT_EQ(job.state, JobState::kFailed);
  EXPECT_THAT(job.error->message, testing::HasSubstr("5 times"));
}

TEST_P(QueueTest, HowOftenAWorkerMayBeKilledIsTheStoresToSay) {
  submit();
  const auto store = open_again(/*most_losses=*/1);
  store->claim("w", 1ms);
  std::this_thread::sleep_for(5ms);
  EXPECT_EQ(store->expire_leases(), 1);
  EXPECT_EQ(store->counts().failed, 1);
}

TEST_P(QueueTest, WhatIsGivenBackKeepsItsPlace) {
  const Job first = submit("ana", 10);
  const Job second = submit("ana", 10);
  submit("luis", 15);
  for (int i = 0; i < 7; ++i) {  // more often than a job may kill its worker
    const Lease lease = store_->claim("w", kLong).value();
    EXPECT_EQ(lease.job.id, first.id);
    EXPECT_TRUE(store_->give_back(lease));
    const Job back = store_->find(first.id).value();
    EXPECT_EQ(back.state, JobState::kQueued);
    EXPECT_EQ(back.queue_position, 0);
    EXPECT_FALSE(back.started);
    EXPECT_EQ(back.worker, "");
  }
  EXPECT_EQ(serve(), "ana");
  EXPECT_EQ(serve(), "luis") << "what came back cost its owner nothing";
  EXPECT_EQ(store_->claim("w", kLong)->job.id, second.id);
}

TEST_P(QueueTest, HigherPrioritiesFirstThenInOrder) {
  std::vector<std::string> ids;
  for (const int priority : {0, 5, 0, -10, 10, 5}) ids.push_back(submit("ana", 1, priority).id);
  const std::vector<std::string> order = {ids[4], ids[1], ids[5], ids[0], ids[2], ids[3]};
  for (size_t i = 0; i < order.size(); ++i)
    EXPECT_EQ(store_->find(order[i])->queue_position, static_cast<int>(i));
  for (const std::string& id : order) EXPECT_EQ(store_->claim("w", kLong)->job.id, id);
}

TEST_P(QueueTest, OwnersShareTheMachineByCost) {
  for (int i = 0; i < 60; ++i) submit("dear", 4);
  for (int i = 0; i < 60; ++i) submit("fair", 2);
  for (int i = 0; i < 60; ++i) submit("cheap", 1);
  std::map<std::string, double> spent;
  const std::map<std::string, double> cost = {{"dear", 4}, {"fair", 2}, {"cheap", 1}};
  for (int i = 0; i < 70; ++i) {
    const std::string owner = serve();
    spent[owner] += cost.at(owner);
    double most = 0, least = 1e9;
    for (const auto& [name, price] : cost) {
      most = std::max(most, spent[name]);
      least = std::min(least, spent[name]);
    }
    ASSERT_LE(most - least, 4) << "after " << i + 1 << " jobs";
  }
  EXPECT_EQ(spent["cheap"], 40);
}

TEST_P(QueueTest, WhoComesLateStartsLevel) {
  for (int i = 0; i < 30; ++i) submit("ana");
  for (int i = 0; i < 10; ++i) EXPECT_EQ(serve(), "ana");
  for (int i = 0; i < 30; ++i) submit("luis");
  std::map<std::string, int> served;
  for (int i = 0; i < 20; ++i) ++served[serve()];
  EXPECT_EQ(served["ana"], 10) << "no credit for the time away";
  EXPECT_EQ(served["luis"], 10);
}

TEST_P(QueueTest, ComingAndGoingGainsNothing) {
  for (int i = 0; i < 20; ++i) submit("ana");
  std::map<std::string, int> served;
  for (int i = 0; i < 20; ++i) {
    if (served["luis"] == 0 || store_->list({.owner = "luis", .state = JobState::kQueued}).empty())
      submit("luis");
    ++served[serve()];
  }
  EXPECT_EQ(served["ana"], 10);
  EXPECT_EQ(served["luis"], 10);
}

TEST_P(QueueTest, AnEmptyQueueForgets) {
  for (int i = 0; i < 5; ++i) submit("ana");
  for (int i = 0; i < 5; ++i) serve();
  submit("luis");
  submit("luis");
  submit("ana");
  submit("ana");
  std::map<std::string, int> served;
  for (int i = 0; i < 2; ++i) ++served[serve()];
  EXPECT_EQ(served["ana"], 1);
}

TEST_P(QueueTest, PositionsAreTheOrderOfClaims) {
  std::vector<Job> jobs;
  for (int i = 0; i < 24; ++i)
    jobs.push_back(submit(std::string(1, static_cast<char>('a' + i % 3)), 1 + i % 5, i % 4 == 0));
  serve();
  serve();
  std::map<int, std::string> expected;
  for (const Job& job : jobs) {
    const auto position = store_->find(job.id)->queue_position;
    if (position) expected[*position] = job.id;
  }
  ASSERT_EQ(expected.size(), 22u);
  for (const auto& [position, id] : expected)
    EXPECT_EQ(store_->claim("w", kLong)->job.id, id) << position;
}

TEST_P(QueueTest, OnlySomeModels) {
  store_->submit({.owner = "a", .model = "sdxl"}, {});
  store_->submit({.owner = "a", .model = "mini"}, {});
  EXPECT_FALSE(store_->claim("w", kLong, {"flux"}));
  EXPECT_EQ(store_->claim("w", kLong, {"mini", "flux"})->job.what.model, "mini");
  EXPECT_EQ(store_->claim("w", kLong)->job.what.model, "sdxl");
}

std::vector<std::string> ids_of(const std::vector<Lease>& leases) {
  std::vector<std::string> ids;
  for (const Lease& lease : leases) ids.push_back(lease.job.id);
  return ids;
}

TEST_P(QueueTest, JobsThatGoTogetherAreClaimedTogether) {
  const std::string first = submit_to("small"), other = submit_to("large"),
                    second = submit_to("small"), third = submit_to("small"),
                    fourth = submit_to("small");
  const Lease lease = store_->claim("w", kLong).value();
  EXPECT_EQ(lease.job.id, first);
  EXPECT_TRUE(store_->claim_alike(lease, kLong, 0).empty());
  const std::vector<Lease> more = store_->claim_alike(lease, kLong, 2);
  EXPECT_THAT(ids_of(more), testing::UnorderedElementsAre(second, third));
  std::set<std::string> tokens = {lease.token};
  std::set<int64_t> changes = {lease.job.change};
  for (const Lease& one : more) {
    EXPECT_EQ(one.job.state, JobState::kRunning);
    EXPECT_EQ(one.job.worker, "w");
    EXPECT_EQ(one.job.attempts, 1);
    tokens.insert(one.token);
    changes.insert(one.job.change);
  }
  EXPECT_EQ(tokens.size(), 3u);
  EXPECT_EQ(changes.size(), 3u);
  // Each goes its own way.
  store_->cancel(second);
  EXPECT_TRUE(store_->complete(lease, {}));
  for (const Lease& one : more) {
    const bool cancelled = one.job.id == second;
    EXPECT_EQ(store_->renew(one, {}, kLong),
              cancelled ? JobStore::Hold::kCancelRequested : JobStore::Hold::kHeld);
    EXPECT_TRUE(cancelled ? store_->confirm_cancel(one) : store_->give_back(one));
  }
  EXPECT_EQ(store_->claim("w", kLong)->job.id, other);
  const Lease again = store_->claim("w", kLong).value();
  EXPECT_EQ(again.job.id, third);
  EXPECT_THAT(ids_of(store_->claim_alike(again, kLong, 9)), testing::ElementsAre(fourth));
  EXPECT_TRUE(store_->claim_alike(again, kLong, 9).empty());
}

TEST_P(QueueTest, WhatHasNoKeyIsAlone) {
  submit();
  submit();
  EXPECT_TRUE(store_->claim_alike(store_->claim("w", kLong).value(), kLong, 9).empty());
}

TEST_P(QueueTest, CompanyIsTakenInTurnAndPaysForItself) {
  for (int i = 0; i < 4; ++i) submit_to("k", "ana");
  const std::string low = submit_to("k", "ana", 1, /*priority=*/-5);
  for (int i = 0; i < 4; ++i) submit_to("k", "luis");
  const Lease first = store_->claim("w", kLong).value();
  EXPECT_EQ(first.job.what.owner, "ana");
  std::map<std::string, int> served;
  for (const Lease& lease : store_->claim_alike(first, kLong, 3)) ++served[lease.job.what.owner];
  EXPECT_EQ(served["ana"], 1) << "two each";
  EXPECT_EQ(served["luis"], 2);
  // What waits in between, and comes before, is passed by, and has the next turn.
  submit_to("other", "luis", 1, /*priority=*/5);
  const std::vector<Lease> rest = store_->claim_alike(first, kLong, 9);
  EXPECT_EQ(rest.size(), 5u);
  EXPECT_THAT(ids_of(rest), testing::Contains(low)) << "it rides along";
  EXPECT_EQ(store_->claim("w", kLong)->job.what.batch, "other");
  // Five of ana's were begun and five of luis': they are level.
  served.clear();
  for (int i = 0; i < 6; ++i) submit(i < 3 ? "ana" : "luis");
  for (int i = 0; i < 4; ++i) ++served[serve()];
  EXPECT_EQ(served["ana"], 2);
}

TEST_P(QueueTest, WhatFailedTogetherComesBackAlone) {
  const std::string first = submit_to("k"), second = submit_to("k"), third = submit_to("k");
  const Lease lease = store_->claim("w", kLong).value();
  const std::vector<Lease> more = store_->claim_alike(lease, 1ms, 2);
  ASSERT_EQ(more.size(), 2u);
  EXPECT_TRUE(store_->give_back(lease, /*alone=*/true));
  std::this_thread::sleep_for(5ms);
  for (int i = 0; i < 3; ++i) {  // also those whose worker died
    const Lease again = store_->claim("w", kLong).value();
    EXPECT_EQ(again.job.attempts, 2);
    EXPECT_EQ(again.job.what.batch, "");
    EXPECT_TRUE(store_->claim_alike(again, kLong, 9).empty());
  }
}

TEST_P(QueueTest, LimitsHold) {
  const QueueLimits limits = {.queued = 4, .queued_per_owner = 3};
  const auto refusal = [&](const std::string& owner) {
    const Submission submission = store_->submit({.owner = owner}, limits);
    if (submission.refusal != Refusal::kNone) {
      EXPECT_GE(submission.retry_seconds, 1);
      EXPECT_LE(submission.retry_seconds, 3600);
    }
    return submission.refusal;
  };
  for (int i = 0; i < 3; ++i) EXPECT_EQ(refusal("ana"), Refusal::kNone);
  EXPECT_EQ(refusal("ana"), Refusal::kOwnerQueueFull);
  EXPECT_EQ(refusal("luis"), Refusal::kNone);
  EXPECT_EQ(refusal("luis"), Refusal::kQueueFull);
  EXPECT_EQ(store_->counts().queued, 4);
  serve();
  EXPECT_EQ(refusal("luis"), Refusal::kNone);
}

TEST_P(QueueTest, LimitsHoldAmongManyAtOnce) {
  std::atomic<int> accepted = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < 8; ++t) {
    threads.emplace_back([&, t] {
      const auto own = open_again();
      for (int i = 0; i < 5; ++i) {
        const auto result = own->submit({.owner = "o" + std::to_string(t % 2)}, {15, 10});
        if (result.refusal == Refusal::kNone) ++accepted;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(accepted, 15);
  EXPECT_EQ(store_->counts().queued, 15);
  for (const char* owner : {"o0", "o1"}) EXPECT_LE(store_->list({.owner = owner}).size(), 10u);
}

TEST_P(QueueTest, ManyWorkersGetEveryJobOnce) {
  constexpr int kJobs = 200;
  for (int i = 0; i < kJobs; ++i)
    store_->submit({.owner = "o" + std::to_string(i % 7)}, {1000, 1000});
  std::mutex mutex;
  std::multiset<std::string> claimed;
  std::vector<std::thread> threads;
  for (int t = 0; t < 8; ++t) {
    threads.emplace_back([&, t] {
      // Half of them are threads of one program, half are programs of their own.
      const auto own = t % 2 == 0 ? open_again() : nullptr;
      JobStore& store = own ? *own : *store_;
      while (const auto lease = store.claim("w" + std::to_string(t), kLong)) {
        EXPECT_TRUE(store.complete(*lease, {{.id = lease->job.id, .format = "png"}}));
        const std::lock_guard lock(mutex);
        claimed.insert(lease->job.id);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(claimed.size(), size_t{kJobs});
  EXPECT_EQ(std::set<std::string>(claimed.begin(), claimed.end()).size(), size_t{kJobs});
  EXPECT_EQ(store_->counts().done, kJobs);
  EXPECT_EQ(store_->list_pictures({.limit = 500}).pictures.size(), size_t{kJobs});
}

TEST_P(QueueTest, ManyWorkersGetEveryJobOnceTogetherToo) {
  constexpr int kJobs = 200;
  for (int i = 0; i < kJobs; ++i)
    submit_to("k" + std::to_string(i % 3), "o" + std::to_string(i % 7));
  std::mutex mutex;
  std::multiset<std::string> claimed;
  std::atomic<int> joined = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < 8; ++t) {
    threads.emplace_back([&, t] {
      const auto own = t % 2 == 0 ? open_again() : nullptr;
      JobStore& store = own ? *own : *store_;
      while (const auto first = store.claim("w" + std::to_string(t), kLong)) {
        std::vector<Lease> leases = store.claim_alike(*first, kLong, 4);
        joined += static_cast<int>(leases.size());
        leases.push_back(*first);
        for (const Lease& lease : leases) {
          EXPECT_EQ(lease.job.what.batch, first->job.what.batch);
          EXPECT_TRUE(store.complete(lease, {}));
          const std::lock_guard lock(mutex);
          claimed.insert(lease.job.id);
        }
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(claimed.size(), size_t{kJobs});
  EXPECT_EQ(std::set<std::string>(claimed.begin(), claimed.end()).size(), size_t{kJobs});
  EXPECT_EQ(store_->counts().done, kJobs);
  EXPECT_GT(joined, kJobs / 2);
}

TEST_P(QueueTest, TheLatestPreview) {
  submit();
  const Lease lease = store_->claim("w", kLong).value();
  EXPECT_FALSE(store_->preview(lease.job.id));
  const std::string bytes("\0\x01\xff'\\x", 6);
  EXPECT_TRUE(store_->put_preview(lease, 0, 1, "old"));
  const int64_t change = store_->find(lease.job.id)->change;
  EXPECT_TRUE(store_->put_preview(lease, 1, 4, bytes));
  EXPECT_GT(store_->find(lease.job.id)->change, change);
  const auto preview = store_->preview(lease.job.id);
  ASSERT_TRUE(preview);
  EXPECT_EQ(preview->index, 1);
  EXPECT_EQ(preview->step, 4);
  EXPECT_EQ(preview->bytes, bytes);
  EXPECT_TRUE(store_->complete(lease, {}));
  EXPECT_FALSE(store_->preview(lease.job.id));
}

TEST_P(QueueTest, WaitingEndsWithAChange) {
  EXPECT_EQ(store_->wait_for_change(0, 1ms), 0);
  const int64_t seen = submit().change;
  EXPECT_EQ(store_->wait_for_change(seen - 1, kLong), seen);
  const auto start = std::chrono::steady_clock::now();
  std::thread other([&] {
    std::this_thread::sleep_for(30ms);
    submit();
  });
  EXPECT_EQ(store_->wait_for_change(seen, kLong), seen + 1);
  other.join();
  EXPECT_LT(std::chrono::steady_clock::now() - start, kLong / 2);
}

TEST_P(QueueTest, WaitingEndsWithAChangeByAnotherProgram) {
  const auto other = open_again();
  const int64_t seen = store_->wait_for_change(-1, kLong);
  std::thread thread([&] {
    std::this_thread::sleep_for(30ms);
    other->submit({.owner = "a"}, {});
  });
  EXPECT_EQ(store_->wait_for_change(seen, kLong), seen + 1);
  thread.join();
}

TEST_P(QueueTest, NoNewsIsMissed) {
  // One reads what is new as a server does, many change jobs.
  std::atomic<bool> over = false;
  std::map<std::string, JobState> known;
  std::thread reader([&] {
    int64_t seen = 0;
    while (true) {
      const bool last = over;
      for (const Job& job : store_->list({.changed_after = seen, .limit = 3})) {
        EXPECT_GT(job.change, seen);
        seen = job.change;
        known[job.id] = job.state;
      }
      if (last && store_->list({.changed_after = seen}).empty()) return;
      store_->wait_for_change(seen, 20ms);
    }
  });
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      const auto own = open_again();
      for (int i = 0; i < 15; ++i) {
        own->submit({.owner = "a"}, {});
        const auto lease = own->claim("w", kLong);
        EXPECT_TRUE(!lease || own->complete(*lease, {}));
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  over = true;
  reader.join();
  EXPECT_EQ(known.size(), 60u);
  for (const auto& [id, state] : known) EXPECT_EQ(state, store_->find(id)->state);
}

INSTANTIATE_TEST_SUITE_P(Sqlite, QueueTest, testing::Values(Kind::kSqlite));
INSTANTIATE_TEST_SUITE_P(PostgreSql, QueueTest, testing::Values(Kind::kPostgreSql));

}  // namespace
}  // namespace lienzo::jobs
