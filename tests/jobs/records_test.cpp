#include <gmock/gmock.h>

#include <thread>

#include "../base/expect_error.h"
#include "store_test.h"

namespace lienzo::jobs {
namespace {

using testing::ElementsAre;

std::string id_of(char digit) { return std::string(64, digit); }

class RecordsTest : public StoreTest {
 protected:
  /// A done job with that picture; returns the job's id.
  std::string draw(PictureRow picture, const std::string& owner = "ana") {
    submit(owner);
    const Lease lease = store_->claim("w", kLong).value();
    EXPECT_TRUE(store_->complete(lease, {std::move(picture)}));
    return lease.job.id;
  }
  std::vector<std::string> ids(const PictureFilter& filter) {
    std::vector<std::string> ids;
    for (const PictureRow& picture : store_->list_pictures(filter).pictures)
      ids.push_back(picture.id.substr(0, 1));
    return ids;
  }
};

TEST_P(RecordsTest, APictureKeepsWhatItWasGiven) {
  const PictureRow asked = {.id = id_of('a'),
                            .owner = "not asked",
                            .index = 2,
                            .width = 640,
                            .height = 480,
                            .format = "webp",
                            .bytes = int64_t{5} << 32,
                            .prompt = "Un CUBO rójo",
                            .negative_prompt = "pingüino",
                            .model = "mini",
                            .seed = 0xffff'ffff'ffff'fff0,
                            .created = 1'700'000'000'001,
                            .tags = {"x", "y z"},
                            .record = {{"seed", 3}, {"z", "ñ"}, {"a", nullptr}}};
  const std::string job = draw(asked);
  const PictureRow found = store_->find_picture("ana", asked.id).value();
  EXPECT_EQ(found.id, asked.id);
  EXPECT_EQ(found.job, job);
  EXPECT_EQ(found.owner, "ana");
  EXPECT_EQ(found.index, asked.index);
  EXPECT_EQ(found.width, asked.width);
  EXPECT_EQ(found.height, asked.height);
  EXPECT_EQ(found.format, asked.format);
  EXPECT_EQ(found.bytes, asked.bytes);
  EXPECT_EQ(found.prompt, asked.prompt);
  EXPECT_EQ(found.negative_prompt, asked.negative_prompt);
  EXPECT_EQ(found.model, asked.model);
  EXPECT_EQ(found.seed, asked.seed);
  EXPECT_EQ(found.created, asked.created);
  EXPECT_EQ(found.tags, asked.tags);
  EXPECT_EQ(found.record.dump(), asked.record.dump()) << "in the same order";
  EXPECT_FALSE(store_->find_picture("luis", asked.id));
  EXPECT_TRUE(store_->find_picture("", asked.id)) << "everybody's";
}

TEST_P(RecordsTest, SearchesPrompts) {
  draw({.id = id_of('a'), .prompt = "Un Cubo ROJO encima de un pingüino"});
  draw({.id = id_of('b'), .prompt = "a red cube", .negative_prompt = "100% blurry_ñandú"});
  draw({.id = id_of('c'), .prompt = "ROJÓ"});
  EXPECT_THAT(ids({.text = "rojo"}), ElementsAre("c", "a"));
  EXPECT_THAT(ids({.text = "  PINGUINO cubó "}), ElementsAre("a"));
  EXPECT_THAT(ids({.text = "nandu"}), ElementsAre("b"));
  EXPECT_THAT(ids({.text = "100%"}), ElementsAre("b"));
  EXPECT_THAT(ids({.text = "%"}), ElementsAre("b"));
  EXPECT_THAT(ids({.text = "c_be"}), ElementsAre());
  EXPECT_THAT(ids({.text = "red rojo"}), ElementsAre());
  EXPECT_THAT(ids({.text = "'; DROP TABLE pictures; --"}), ElementsAre());
  EXPECT_THAT(ids({.text = " "}), ElementsAre("c", "b", "a"));
  std::string many;
  for (int i = 0; i < 65; ++i) many += "a ";
  expect_error(
      ErrorKind::kInvalidInput, [&] { ids({.text = many}); }, "65 words");
  expect_error(
      ErrorKind::kInvalidInput, [&] { ids({.text = "\xff"}); }, "UTF-8");
}

TEST_P(RecordsTest, FiltersPictures) {
  draw({.id = id_of('a'), .model = "mini", .created = 1000, .tags = {"x", ",", "A"}});
  const std::string job =
      draw({.id = id_of('b'), .model = "sd", .created = 2000, .tags = {"xx"}}, "luis");
  draw({.id = id_of('c'), .model = "mini", .created = 3000, .tags = {"y", "z"}});
  EXPECT_THAT(ids({}), ElementsAre("c", "b", "a"));
  EXPECT_THAT(ids({.owner = "ana"}), ElementsAre("c", "a"));
  EXPECT_THAT(ids({.model = "sd"}), ElementsAre("b"));
  EXPECT_THAT(ids({.job = job}), ElementsAre("b"));
  EXPECT_THAT(ids({.tag = "x"}), ElementsAre("a"));
  EXPECT_THAT(ids({.tag = ","}), ElementsAre("a"));
  EXPECT_THAT(ids({.tag = "a"}), ElementsAre());
  EXPECT_THAT(ids({.from = 2000}), ElementsAre("c", "b"));
  EXPECT_THAT(ids({.until = 2000}), ElementsAre("a"));
  EXPECT_THAT(ids({.owner = "ana", .model = "mini", .tag = "y", .from = 1, .until = 4000}),
              ElementsAre("c"));
}

TEST_P(RecordsTest, PagesOfPictures) {
  for (const char digit : {'a', 'b', 'c', 'd', 'e'}) draw({.id = id_of(digit)});
  const PicturePage first = store_->list_pictures({.limit = 2});
  EXPECT_THAT(ids({.limit = 2}), ElementsAre("e", "d"));
  draw({.id = id_of('f')});  // does not move the pages that follow
  EXPECT_THAT(ids({.before = first.next, .limit = 2}), ElementsAre("c", "b"));
  const PicturePage second = store_->list_pictures({.before = first.next, .limit = 3});
  EXPECT_EQ(second.pictures.size(), 3u);
  EXPECT_EQ(second.next, "");
  expect_error(
      ErrorKind::kInvalidInput, [&] { ids({.before = "x"}); }, "cursor");
  expect_error(
      ErrorKind::kInvalidInput, [&] { ids({.limit = 0}); }, "1 to 500");
}

TEST_P(RecordsTest, TheSamePictureTwice) {
  const std::string first = draw({.id = id_of('a'), .tags = {"one"}});
  const std::string second = draw({.id = id_of('a')});
  draw({.id = id_of('a')}, "luis");
  EXPECT_EQ(store_->list_pictures({.owner = "ana"}).pictures.size(), 2u);
  EXPECT_EQ(store_->find_picture("ana", id_of('a'))->job, second);
  EXPECT_TRUE(store_->set_tags("ana", id_of('a'), {"two"}));
  EXPECT_THAT(ids({.tag = "two"}), ElementsAre("a", "a"));
  EXPECT_FALSE(store_->set_tags("eva", id_of('a'), {"three"}));
  EXPECT_TRUE(store_->remove_picture("ana", id_of('a')));
  EXPECT_FALSE(store_->remove_picture("ana", id_of('a')));
  EXPECT_TRUE(store_->find(first)->pictures.empty());
  EXPECT_TRUE(store_->is_referenced(id_of('a'))) << "luis has it still";
  EXPECT_TRUE(store_->remove_picture("luis", id_of('a')));
  EXPECT_FALSE(store_->is_referenced(id_of('a')));
}

TEST_P(RecordsTest, FilesThatARequestNamesAreKeptWithTheJob) {
  const Json request = {{"picture", id_of('a')}, {"list", Json::array({id_of('b'), "x"})}};
  const Job job = store_->submit({.owner = "ana", .request = request}, {}).job;
  EXPECT_TRUE(store_->is_referenced(id_of('a')));
  EXPECT_TRUE(store_->is_referenced(id_of('b')));
  EXPECT_FALSE(store_->is_referenced(id_of('c')));
  store_->cancel(job.id);
  EXPECT_TRUE(store_->remove_job(job.id));
  EXPECT_FALSE(store_->is_referenced(id_of('a')));
}

TEST_P(RecordsTest, OldPicturesGo) {
  draw({.id = id_of('a'), .bytes = 10, .created = 1000});
  draw({.id = id_of('b'), .bytes = 20, .created = 2000});
  draw({.id = id_of('c'), .bytes = 30, .created = 3000});
  draw({.id = id_of('c'), .bytes = 30, .created = 4000});  // the same file
  draw({.id = id_of('d'), .bytes = 40, .created = 5000});
  EXPECT_THAT(store_->expire_pictures(std::nullopt, 0), ElementsAre());
  EXPECT_THAT(store_->expire_pictures(1001, 100), ElementsAre(id_of('a')));
  EXPECT_THAT(ids({}), ElementsAre("d", "c", "c", "b"));
  EXPECT_THAT(store_->expire_pictures(std::nullopt, 90), ElementsAre());
  EXPECT_THAT(store_->expire_pictures(std::nullopt, 69), ElementsAre(id_of('b'), id_of('c')));
  EXPECT_THAT(ids({}), ElementsAre("d"));
}

TEST_P(RecordsTest, OldJobsWithoutPicturesGo) {
  const std::string with = draw({.id = id_of('a')});
  submit();
  const std::string without = store_->list({.limit = 1}).at(0).id;
  serve();
  const std::string queued = submit().id;
  const Millis future = store_->find(without)->finished.value() + 1000;
  EXPECT_EQ(store_->expire_jobs(1000), 0);
  EXPECT_EQ(store_->expire_jobs(future), 1);
  EXPECT_FALSE(store_->find(without));
  EXPECT_TRUE(store_->find(with));
  EXPECT_TRUE(store_->find(queued));
}

TEST_P(RecordsTest, RemovesOnlyWhatIsOver) {
  const std::string done = draw({.id = id_of('a')});
  const std::string queued = submit().id;
  EXPECT_FALSE(store_->remove_job(queued));
  EXPECT_FALSE(store_->remove_job("nowhere"));
  EXPECT_TRUE(store_->remove_job(done));
  EXPECT_FALSE(store_->find(done));
  EXPECT_FALSE(store_->is_referenced(id_of('a')));
  const Lease lease = store_->claim("w", kLong).value();
  EXPECT_FALSE(store_->remove_job(lease.job.id));
}

TEST_P(RecordsTest, WhatIsRemovedIsNews) {
  const std::string first = draw({.id = id_of('a')});
  const std::string second = draw({.id = id_of('a')});
  const std::string other = draw({.id = id_of('a')}, "luis");
  draw({.id = id_of('b'), .created = 1});
  int64_t seen = store_->news("", 0).seen;
  const auto removals = [&](const std::string& owner) {
    std::vector<std::string> found;
    for (const Removal& removal : store_->news(owner, seen).removals) {
      EXPECT_GT(removal.change, seen);
      found.push_back(removal.owner + " " + removal.job + " " + removal.picture.substr(0, 1));
    }
    return found;
  };
  const auto waiting = open_again();
  EXPECT_EQ(waiting->wait_for_change(seen - 1, 1ms), seen);
  EXPECT_THAT(removals(""), ElementsAre());
  EXPECT_FALSE(store_->remove_picture("eva", id_of('a')));
  EXPECT_THAT(removals(""), ElementsAre());
  store_->remove_picture("ana", id_of('a'));
  EXPECT_EQ(waiting->wait_for_change(seen, kLong), seen + 2) << "by another program";
  EXPECT_THAT(removals(""),
              testing::UnorderedElementsAre("ana " + first + " a", "ana " + second + " a"));
  EXPECT_THAT(removals("luis"), ElementsAre());
  EXPECT_EQ(store_->news("luis", seen).seen, seen + 2);
  seen += 2;
  store_->remove_job(other);
  EXPECT_THAT(removals("luis"), ElementsAre("luis " + other + " "));
  EXPECT_THAT(removals("ana"), ElementsAre());
  store_->expire_pictures(2, 0);
  EXPECT_THAT(removals("ana").size(), 1u);
  store_->expire_jobs(1);
  EXPECT_EQ(store_->news("", seen).removals.size(), 2u) << "remembered for a day";
}

TEST_P(RecordsTest, NewsComeInPagesThatMissNothing) {
  for (const char digit : {'a', 'b', 'c', 'd', 'e'}) {
    draw({.id = id_of(digit)});
    if (digit != 'c') store_->remove_picture("", id_of(digit));
  }
  for (const int most : {1, 2, 3, 4, 5, 500}) {
    int64_t seen = 0;
    size_t jobs = 0, removals = 0;
    for (bool more = true; more;) {
      const News news = store_->news("", seen, most);
      for (const Job& job : news.jobs) EXPECT_TRUE(job.change > seen && job.change <= news.seen);
      for (const Removal& removal : news.removals)
        EXPECT_TRUE(removal.change > seen && removal.change <= news.seen);
      EXPECT_LE(news.jobs.size(), static_cast<size_t>(most));
      ASSERT_TRUE(news.seen > seen || !news.more);
      jobs += news.jobs.size();
      removals += news.removals.size();
      seen = news.seen;
      more = news.more;
    }
    EXPECT_EQ(jobs, 5u) << most;
    EXPECT_EQ(removals, 4u) << most;
  }
  expect_error(
      ErrorKind::kInvalidInput, [&] { store_->news("", 0, 0); }, "1 to 500");
}

TEST_P(RecordsTest, PicturesOfManyJobs) {
  submit();
  const Lease lease = store_->claim("w", kLong).value();
  EXPECT_TRUE(
      store_->complete(lease, {{.id = id_of('b'), .index = 1}, {.id = id_of('a'), .index = 0}}));
  const std::string second = draw({.id = id_of('c')});
  draw({.id = id_of('d')});
  std::vector<std::string> found;
  for (const PictureRow& picture : store_->pictures_of({second, lease.job.id, "nowhere"}))
    found.push_back(picture.id.substr(0, 1));
  EXPECT_THAT(found, ElementsAre("a", "b", "c"));
  EXPECT_TRUE(store_->pictures_of({}).empty());
}

TEST_P(RecordsTest, UploadsBelongToWhoSentThem) {
  store_->add_upload("ana", id_of('a'));
  store_->add_upload("ana", id_of('a'));
  store_->add_upload("luis", id_of('b'));
  EXPECT_TRUE(store_->has_upload("ana", id_of('a')));
  EXPECT_TRUE(store_->has_upload("", id_of('a'))) << "anybody";
  EXPECT_FALSE(store_->has_upload("luis", id_of('a')));
  EXPECT_FALSE(store_->has_upload("ana", id_of('c')));
  const Json request = {{"picture", id_of('b')}, {"mask", id_of('c')}};
  const Job job = store_->submit({.owner = "ana", .request = request}, {}).job;
  EXPECT_TRUE(store_->has_upload("ana", id_of('c'))) << "a job of hers names it";
  EXPECT_FALSE(store_->has_upload("luis", id_of('c')));
  EXPECT_EQ(store_->expire_uploads(1000), 0);
  const Millis future = job.created + 1'000'000;
  EXPECT_EQ(store_->expire_uploads(future), 1);
  EXPECT_FALSE(store_->has_upload("ana", id_of('a')));
  EXPECT_TRUE(store_->has_upload("luis", id_of('b'))) << "a job names it";
}

TEST_P(RecordsTest, SettingsAreTheirOwners) {
  EXPECT_TRUE(store_->settings("ana").empty());
  store_->put_settings("ana", {{"a", "1"}, {"b", "ñ"}});
  store_->put_settings("ana", {{"a", "2"}});
  store_->put_settings("luis", {{"a", "3"}});
  const std::map<std::string, std::string> hers = {{"a", "2"}, {"b", "ñ"}};
  EXPECT_EQ(open_again()->settings("ana"), hers);
  EXPECT_EQ(store_->settings("luis").at("a"), "3");
  expect_error(
      ErrorKind::kInvalidInput,
      [&] {
        store_->put_settings("ana", {{"a", "\xff"}});
      },
      "UTF-8");
}

TEST_P(RecordsTest, AJobSaysWhetherItHasAPreview) {
  const std::string id = submit().id;
  const Lease lease = store_->claim("w", kLong).value();
  EXPECT_FALSE(store_->find(id)->has_preview);
  EXPECT_TRUE(store_->put_preview(lease, 0, 1, "bytes"));
  EXPECT_TRUE(store_->find(id)->has_preview);
  EXPECT_TRUE(store_->list({}).at(0).has_preview);
  EXPECT_TRUE(store_->news("", 0).jobs.at(0).has_preview);
  EXPECT_TRUE(store_->complete(lease, {}));
  EXPECT_FALSE(store_->find(id)->has_preview);
}

TEST_P(RecordsTest, ListsJobs) {
  std::vector<std::string> made;
  for (int i = 0; i < 5; ++i) made.push_back(submit(i % 2 == 0 ? "ana" : "luis").id);
  const auto list = [&](const JobFilter& filter) {
    std::vector<size_t> found;
    for (const Job& job : store_->list(filter))
      found.push_back(std::find(made.begin(), made.end(), job.id) - made.begin());
    return found;
  };
  EXPECT_THAT(list({}), ElementsAre(4, 3, 2, 1, 0));
  EXPECT_THAT(list({.owner = "luis"}), ElementsAre(3, 1));
  EXPECT_THAT(list({.before = made[3], .limit = 2}), ElementsAre(2, 1));
  store_->cancel(made[1]);
  EXPECT_THAT(list({.state = JobState::kCancelled}), ElementsAre(1));
  EXPECT_THAT(list({.state = JobState::kQueued}), ElementsAre(4, 3, 2, 0));
  EXPECT_THAT(list({.changed_after = 3}), ElementsAre(3, 4, 1));
  EXPECT_THAT(list({.changed_after = 3, .limit = 1}), ElementsAre(3));
  expect_error(
      ErrorKind::kInvalidInput, [&] { list({.limit = 501}); }, "501");

  serve();
  const QueueCounts counts = store_->counts();
  EXPECT_EQ(counts.queued, 3);
  EXPECT_EQ(counts.done, 1);
  EXPECT_EQ(counts.cancelled, 1);
  EXPECT_EQ(counts.running + counts.failed, 0);
  EXPECT_GE(counts.oldest_queued_seconds, 0);
}

TEST_P(RecordsTest, Keys) {
  const ApiKey key = {.id = "lz_ab12cd",
                      .name = "Ana",
                      .hash = id_of('1'),
                      .scopes = {"generate", "admin"},
                      .created = 5,
                      .expires = 7,
                      .requests_per_minute = 3,
                      .queued = 4,
                      .largest_cost = 1e12};
  store_->add_key(key);
  store_->add_key({.id = "lz_zz"});
  const ApiKey found = store_->find_key(key.id).value();
  EXPECT_EQ(found.name, key.name);
  EXPECT_EQ(found.hash, key.hash);
  EXPECT_EQ(found.scopes, key.scopes);
  EXPECT_EQ(found.created, key.created);
  EXPECT_EQ(found.expires, key.expires);
  EXPECT_FALSE(found.revoked || found.last_used);
  EXPECT_EQ(found.requests_per_minute, 3);
  EXPECT_EQ(found.queued, 4);
  EXPECT_EQ(found.largest_cost, 1e12);
  EXPECT_FALSE(store_->find_key("lz_"));
  expect_error(
      ErrorKind::kInvalidInput, [&] { store_->add_key(key); }, "lz_ab12cd already");
  EXPECT_EQ(store_->list_keys().size(), 2u);
  EXPECT_EQ(store_->list_keys().at(0).id, key.id);

  store_->touch_key(key.id);
  const auto used = store_->find_key(key.id)->last_used;
  ASSERT_TRUE(used);
  std::this_thread::sleep_for(3ms);
  store_->touch_key(key.id);
  EXPECT_EQ(store_->find_key(key.id)->last_used, used) << "at most once a minute";
  EXPECT_TRUE(store_->revoke_key(key.id));
  const auto revoked = store_->find_key(key.id)->revoked;
  ASSERT_TRUE(revoked);
  std::this_thread::sleep_for(3ms);
  EXPECT_TRUE(store_->revoke_key(key.id));
  EXPECT_EQ(store_->find_key(key.id)->revoked, revoked);
  EXPECT_FALSE(store_->revoke_key("lz_"));
}

INSTANTIATE_TEST_SUITE_P(Sqlite, RecordsTest, testing::Values(Kind::kSqlite));
INSTANTIATE_TEST_SUITE_P(PostgreSql, RecordsTest, testing::Values(Kind::kPostgreSql));

}  // namespace
}  // namespace lienzo::jobs
