#include <gmock/gmock.h>

#include <thread>

#include "lienzo/base/file.h"
#include "native_fixture.h"

namespace lienzo::http {
namespace {

using std::chrono::milliseconds;
using testing::ElementsAre;
using testing::HasSubstr;

std::vector<std::string> ids_of(const Json& list) {
  std::vector<std::string> ids;
  for (const Json& item : list) ids.push_back(item.at("id"));
  return ids;
}

/// Is open until it hears that a job was removed.
class UntilAJobIsRemoved : public RecordingSink {
 public:
  bool send(std::string_view event, std::string_view data, std::string_view id) override {
    RecordingSink::send(event, data, id);
    if (event == "removed" && Json::parse(data)["picture"].is_null()) close();
    return open();
  }
  bool keep_alive() override {
    listens = true;
    return open();
  }
  std::atomic<bool> listens = false;
};

class NativeJobsTest : public NativeTest {
 protected:
  /// A job that the engine holds, with a preview.
  std::string held() {
    engine_.hold(true);
    const std::string id = submitted({})["id"];
    await_held();
    await("a preview", [&] { return !job(id)["preview_url"].is_null(); });
    return id;
  }
  Json jobs(const std::string& query = "") { return good(get("/api/v1/jobs" + query))["jobs"]; }
  std::string field_of(const std::string& path) {
    const Reply reply = get(path);
    EXPECT_EQ(reply.status, 400) << path;
    return Json::parse(reply.body)["error"].value("field", "");
  }
};

TEST_F(NativeJobsTest, ARequestBecomesAJob) {
  engine_.hold(true);
  const Reply reply = post("/api/v1/jobs",
                           {{"prompt", "un cubo"},
                            {"model", "sd"},
                            {"negative_prompt", "blurry"},
                            {"width", 192},
                            {"height", 128},
                            {"count", 2},
                            {"seed", 7},
                            {"steps", 3},
                            {"guidance", 5},
                            {"sampler", "dpmpp_2m"},
                            {"output", {{"format", "webp"}, {"quality", 50}}},
                            {"tags", {"a", "b"}},
                            {"priority", -1}});
  ASSERT_EQ(reply.status, 202) << reply.body;
  const Json made = Json::parse(reply.body);
  const std::string id = made["id"];
  EXPECT_THAT(reply.headers, ElementsAre(std::pair("Location", "/api/v1/jobs/" + id)));
  EXPECT_EQ(id.size(), 26u);
  EXPECT_EQ(made["task"], "imagine");
  EXPECT_EQ(made["model"], "sd");
  EXPECT_EQ(made["dialect"], "native");
  EXPECT_EQ(made["priority"], -1);
  EXPECT_EQ(made["tags"], Json({"a", "b"}));
  EXPECT_EQ(made["request"]["prompt"], "un cubo");
  EXPECT_EQ(made["request"]["seed"], 7);
  EXPECT_EQ(made["pictures"], Json::array());
  EXPECT_EQ(made["error"], Json());
  EXPECT_EQ(made["finished"], Json());
  EXPECT_EQ(made["cancel_requested"], false);
  EXPECT_GT(made["created"], 1'700'000'000'000);
  engine_.hold(false);

  const Json done = finished(id);
  EXPECT_EQ(done["state"], "done");
  EXPECT_EQ(done["attempts"], 1);
  EXPECT_EQ(done["queue_position"], Json());
  EXPECT_GE(done["finished"], done["started"]);
  EXPECT_EQ(done["progress"]["fraction"], 1);
  EXPECT_EQ(done["progress"]["seconds_left"], Json());
  ASSERT_EQ(done["pictures"].size(), 2u);
  const Json& picture = done["pictures"][1];
  EXPECT_EQ(picture["job"], id);
  EXPECT_EQ(picture["index"], 1);
  EXPECT_EQ(picture["seed"], 8);
  EXPECT_EQ(picture["width"], 192);
  EXPECT_EQ(picture["height"], 128);
  EXPECT_EQ(picture["format"], "webp");
  EXPECT_EQ(picture["prompt"], "un cubo");
  EXPECT_EQ(picture["negative_prompt"], "blurry");
  EXPECT_EQ(picture["model"], "sd");
  EXPECT_EQ(picture["tags"], Json({"a", "b"}));
  EXPECT_EQ(picture["record"]["prompt"], "un cubo");
  EXPECT_EQ(picture["url"], "/api/v1/pictures/" + picture["id"].get<std::string>() + "/file");
  const service::DrawRequest drawn = engine_.last();
  EXPECT_EQ(drawn.steps, 3);
  EXPECT_EQ(drawn.guidance, 5);
  EXPECT_EQ(drawn.sampler, "dpmpp_2m");
  EXPECT_EQ(drawn.output.quality, 50);
}

TEST_F(NativeJobsTest, AFailedJobSaysWhy) {
  engine_.fail_with(Error(ErrorKind::kOutOfMemory, "[engine] too large"));
  const Json failed = drawn();
  EXPECT_EQ(failed["state"], "failed");
  const Json error = {{"kind", "out of memory"}, {"message", "[engine] too large"}};
  EXPECT_EQ(failed["error"], error);
}

TEST_F(NativeJobsTest, ListsJobsNewestFirst) {
  const std::string first = drawn()["id"];
  engine_.fail_with(Error(ErrorKind::kUnsupported, "[engine] cannot"));
  const std::string second = drawn()["id"];
  engine_.fail_with(std::nullopt);
  const std::string third = drawn({{"count", 3}})["id"];
  EXPECT_THAT(ids_of(jobs()), ElementsAre(third, second, first));
  EXPECT_THAT(ids_of(jobs("?state=failed")), ElementsAre(second));
  EXPECT_THAT(ids_of(jobs("?state=queued")), ElementsAre());
  EXPECT_THAT(ids_of(jobs("?limit=2")), ElementsAre(third, second));
  EXPECT_THAT(ids_of(jobs("?limit=2&before=" + second)), ElementsAre(first));
  // Each as it is by itself.
  for (const Json& one : jobs()) EXPECT_EQ(one, job(one["id"])) << one["id"];
  EXPECT_EQ(jobs()[0]["pictures"].size(), 3u);
  EXPECT_EQ(field_of("/api/v1/jobs?limit=0"), "limit");
  EXPECT_EQ(field_of("/api/v1/jobs?limit=501"), "limit");
  EXPECT_EQ(field_of("/api/v1/jobs?limit=5x"), "limit");
  EXPECT_EQ(field_of("/api/v1/jobs?limit=1&limit=2"), "limit");
  EXPECT_EQ(field_of("/api/v1/jobs?colour=red"), "colour");
  EXPECT_EQ(get("/api/v1/jobs?state=gone").status, 400);
}

TEST_F(NativeJobsTest, CancelsAndDeletes) {
  engine_.hold(true);
  const std::string running = submitted({})["id"];
  await_held();
  const std::string waiting = submitted({})["id"];
  EXPECT_EQ(job(waiting)["queue_position"], 0);
  EXPECT_EQ(job(running)["queue_position"], Json());
  expect_refused(send("DELETE", "/api/v1/jobs/" + running), 409, "conflict", "");
  expect_refused(send("DELETE", "/api/v1/jobs/" + waiting), 409, "conflict", "");
  EXPECT_EQ(good(send("POST", "/api/v1/jobs/" + waiting + "/cancel"))["state"], "cancelled");
  EXPECT_EQ(good(send("POST", "/api/v1/jobs/" + running + "/cancel"))["cancel_requested"], true);
  EXPECT_EQ(finished(running)["state"], "cancelled");
  EXPECT_EQ(good(send("POST", "/api/v1/jobs/" + running + "/cancel"))["state"], "cancelled");
  EXPECT_EQ(send("DELETE", "/api/v1/jobs/" + waiting).status, 204);
  expect_refused(get("/api/v1/jobs/" + waiting), 404, "not_found", "");
  expect_refused(send("DELETE", "/api/v1/jobs/" + waiting), 404, "not_found", "");

  engine_.hold(false);
  const Json done = drawn();
  const std::string picture = done["pictures"][0]["id"];
  EXPECT_EQ(send("DELETE", "/api/v1/jobs/" + done["id"].get<std::string>()).status, 204);
  EXPECT_EQ(get("/api/v1/pictures/" + picture).status, 404);
  EXPECT_FALSE(blobs_.contains(picture)) << "nobody needs the file";
}

TEST_F(NativeJobsTest, AFileThatAnotherJobNeedsStays) {
  const Json first = drawn({{"seed", 1}}), second = drawn({{"seed", 1}});
  const std::string picture = first["pictures"][0]["id"];
  ASSERT_EQ(second["pictures"][0]["id"], picture);
  EXPECT_EQ(send("DELETE", "/api/v1/jobs/" + first["id"].get<std::string>()).status, 204);
  EXPECT_EQ(get("/api/v1/pictures/" + picture + "/file").status, 200);
}

TEST_F(NativeJobsTest, SaysWhetherThereIsAPreview) {
  const std::string id = held();
  const std::string url = "/api/v1/jobs/" + id + "/preview";
  EXPECT_EQ(job(id)["preview_url"], url);
  EXPECT_EQ(jobs()[0]["preview_url"], url);
  const Reply preview = get(url);
  EXPECT_EQ(preview.type, "image/webp");
  EXPECT_EQ(decoded(preview.body).width, 16);
  const std::string waiting = submitted({})["id"];
  EXPECT_EQ(job(waiting)["preview_url"], Json());
  expect_refused(get("/api/v1/jobs/" + waiting + "/preview"), 404, "not_found", "");
  engine_.hold(false);
  EXPECT_EQ(finished(id)["preview_url"], Json());
  EXPECT_EQ(get(url).status, 404);
}

TEST_F(NativeJobsTest, RefusesWhatIsWrongByName) {
  EXPECT_THAT(refused({{"stepz", 3}}, 400, "invalid_input", "stepz"), HasSubstr("stepz"));
  refused({{"output", {{"colour", 1}}}}, 400, "invalid_input", "output.colour");
  refused({{"steps", "many"}}, 400, "invalid_input", "steps");
  refused({{"steps", 1.5}}, 400, "invalid_input", "steps");
  refused({{"prompt", 3}}, 400, "invalid_input", "prompt");
  refused({{"prompt", ""}}, 400, "invalid_input", "prompt");
  refused({{"tags", "a"}}, 400, "invalid_input", "tags");
  refused({{"count", 65}}, 400, "invalid_input", "count");
  refused({{"width", 0.5}}, 400, "invalid_input", "width");
  refused({{"width", -64}}, 400, "invalid_input", "width");
  refused({{"width", 1'000'000}}, 400, "invalid_input", "width");
  refused({{"width", 128}, {"height", 192}}, 422, "unsupported", "width");
  refused({{"model", "gpt"}}, 404, "not_found", "model");
  refused({{"task", "dance"}}, 400, "invalid_input", "task");
  refused({{"task", "edit"}, {"model", "sd"}}, 400, "invalid_input", "picture");
  EXPECT_TRUE(jobs().empty());
  expect_refused(post_text("/api/v1/jobs", "{\"prompt\": "), 400, "invalid_input", "");
  expect_refused(post_text("/api/v1/jobs", "[1]"), 400, "invalid_input", "");
  expect_refused(send("POST", "/api/v1/jobs", "{}"), 415, "unsupported_media_type", "");
}

TEST_F(NativeJobsTest, RefusesPicturesThatAreNone) {
  const auto picture = [&](const Json& value) {
    return refused(
        {{"task", "edit"}, {"model", "sd"}, {"picture", value}}, 400, "invalid_image", "picture");
  };
  picture("data:image/png;base64,!!!!");
  picture("data:image/png,abc");
  EXPECT_THAT(picture("data:image/png;base64,aGVsbG8="), HasSubstr("'picture'"));
  const std::string whole = flat_picture(64, 64);
  picture("data:image/png;base64," + encode_base64(whole.substr(0, whole.size() / 2)));
  EXPECT_THAT(picture("https://example.org/a.png"), HasSubstr("https://example.org/a.png"));
  EXPECT_THAT(picture("HTTP://example.org/a.png"), HasSubstr("--remote-images"));
  const auto id = [&](const Json& value) {
    refused(
        {{"task", "edit"}, {"model", "sd"}, {"picture", value}}, 400, "invalid_input", "picture");
  };
  id("../../etc/passwd");
  id(std::string(64, '0'));
  id(std::string(64, 'G'));
  id(7);
  context_.limits.largest_body = 10;
  refused({{"task", "edit"},
           {"model", "sd"},
           {"picture", "data:image/png;base64," + encode_base64(whole)}},
          413,
          "too_large",
          "picture");
}

TEST_F(NativeJobsTest, LimitsOfTheServerAndOfAKeyHold) {
  context_.limits.largest_cost = 128 * 128 * 4;
  drawn();
  const Reply large = post("/api/v1/jobs", {{"prompt", "a"}, {"count", 2}});
  expect_refused(large, 400, "too_large", "");
  caller_ = {.owner = "lz_ana", .admin = false, .keyed = true, .largest_cost = 128 * 128 * 8};
  drawn({{"count", 2}});
  refused({{"priority", 1}}, 403, "forbidden", "priority");
  engine_.hold(true);
  submitted({});
  await_held();
  caller_.queued = 1;
  submitted({});
  const Reply full = post("/api/v1/jobs", {{"prompt", "a"}});
  expect_refused(full, 429, "queue_full", "");
  EXPECT_THAT(full.headers, testing::Contains(testing::Key("Retry-After")));
  engine_.hold(false);
  caller_.generate = false;
  refused({}, 403, "forbidden", "");
  caller_.generate = true;
  context_.stopping = true;
  refused({}, 503, "unavailable", "");
}

TEST_F(NativeJobsTest, KeysSeeTheirOwn) {
  const Caller ana{.owner = "lz_ana", .admin = false, .keyed = true};
  const Caller luis{.owner = "lz_luis", .admin = false, .keyed = true};
  const Caller boss{.owner = "lz_boss", .keyed = true};
  caller_ = ana;
  const Json hers = drawn({{"prompt", "secret words"}});
  const std::string path = "/api/v1/jobs/" + hers["id"].get<std::string>();
  for (const Caller& other : {luis, Caller{}}) {
    caller_ = other;
    for (const char* tail : {"", "/preview", "/events"})
      EXPECT_EQ(get(path + tail).status, 404) << tail;
    EXPECT_EQ(send("POST", path + "/cancel").status, 404);
    EXPECT_EQ(send("DELETE", path).status, 404);
    EXPECT_TRUE(jobs().empty());
  }
  caller_ = boss;
  EXPECT_EQ(get(path).status, 200);
  EXPECT_EQ(jobs().size(), 1u);
  EXPECT_EQ(send("DELETE", path).status, 204);
}

// ---- events

TEST_F(NativeJobsTest, EventsOfAJobEndWithIt) {
  const std::string id = held();
  const Reply reply = get("/api/v1/jobs/" + id + "/events");
  ASSERT_TRUE(reply.stream);
  RecordingSink sink;
  std::thread release([&] {
    // Told of again, with the preview that there was.
    for (const size_t events : {2, 3}) {
      await("event " + std::to_string(events), [&] { return sink.count >= events; });
      engine_.tell_progress();
    }
    await("the third telling", [&] { return sink.count >= 4; });
    engine_.hold(false);
  });
  reply.stream(sink);
  release.join();
  ASSERT_GE(sink.events.size(), 5u);
  EXPECT_EQ(sink.events[0].name, "job");
  EXPECT_EQ(sink.events[0].data["state"], "running");
  EXPECT_EQ(sink.events[1].name, "preview");
  EXPECT_EQ(sink.events[1].data["job"], id);
  EXPECT_THAT(sink.events[1].data["url"], testing::StartsWith("data:image/webp;base64,"));
  const Json& last = sink.events.back().data;
  EXPECT_EQ(last["state"], "done");
  EXPECT_EQ(last["pictures"].size(), 1u);
  EXPECT_EQ(std::count_if(sink.events.begin(),
                          sink.events.end(),
                          [](const Event& event) { return event.name == "preview"; }),
            1)
      << "each preview once";
}

TEST_F(NativeJobsTest, EventsAreOnesOwnAndComeInOrder) {
  caller_ = {.owner = "lz_ana", .admin = false, .keyed = true};
  const Reply reply = get("/api/v1/events");
  ASSERT_TRUE(reply.stream);
  UntilAJobIsRemoved sink;
  std::thread listening([&] { reply.stream(sink); });
  await("the stream to begin", [&] { return sink.listens.load(); });
  const Json hers = drawn();
  const std::string picture = hers["pictures"][0]["id"];
  caller_ = {.owner = "lz_luis", .admin = false, .keyed = true};
  const std::string his = drawn()["id"];
  EXPECT_EQ(send("DELETE", "/api/v1/jobs/" + his).status, 204);
  caller_.owner = "lz_ana";
  EXPECT_EQ(send("DELETE", "/api/v1/pictures/" + picture).status, 204);
  EXPECT_EQ(send("DELETE", "/api/v1/jobs/" + hers["id"].get<std::string>()).status, 204);
  await("word of the job that was removed", [&] { return !sink.open(); });
  sink.close();
  listening.join();

  std::vector<Event> removed;
  int64_t before = -1;
  for (const Event& event : sink.events) {
    if (event.name == "job") {
      EXPECT_EQ(event.data["id"], hers["id"]);
    }
    if (event.name == "removed") removed.push_back(event);
    if (event.id.empty()) continue;
    EXPECT_GT(std::stoll(event.id), before);
    before = std::stoll(event.id);
  }
  ASSERT_EQ(removed.size(), 2u);
  const Json gone = {{"job", hers["id"]}, {"picture", picture}};
  EXPECT_EQ(removed[0].data, gone);
  const Json job_gone = {{"job", hers["id"]}, {"picture", nullptr}};
  EXPECT_EQ(removed[1].data, job_gone);
}

TEST_F(NativeJobsTest, AReconnectionMissesNothing) {
  const auto since = [&](const std::string& last, size_t most) {
    Call request;
    request.method = "GET";
    request.path = "/api/v1/events";
    if (!last.empty()) request.headers.emplace("Last-Event-ID", last);
    const Reply reply = call(std::move(request));
    RecordingSink sink(most);
    reply.stream(sink);
    return sink.events;
  };
  const Json first = drawn({{"seed", 1}});
  const std::string seen = std::to_string(store_->find(first["id"])->change);
  const Json second = drawn({{"seed", 2}});
  const std::string picture = first["pictures"][0]["id"];
  EXPECT_EQ(send("DELETE", "/api/v1/pictures/" + picture).status, 204);
  const std::vector<Event> events = since(seen, 2);
  ASSERT_EQ(events.size(), 2u);
  EXPECT_EQ(events[0].name, "job");
  EXPECT_EQ(events[0].data["id"], second["id"]);
  EXPECT_EQ(events[1].name, "removed");
  EXPECT_EQ(events[1].data["picture"], picture);
  EXPECT_GT(std::stoll(events[1].id), std::stoll(events[0].id));
  EXPECT_EQ(since(events[0].id, 1)[0].name, "removed");
  // Without it, those that are not over.
  engine_.hold(true);
  const std::string running = submitted({})["id"];
  await_held();
  EXPECT_EQ(since("", 1)[0].data["id"], running);
}

TEST_F(NativeJobsTest, AStreamBeginsWithWhatIsNotOverInTheOrderOfItsChanges) {
  drawn();
  engine_.hold(true);
  std::vector<std::string> waiting;
  const std::string running = held();
  for (int k = 0; k < 3; ++k) waiting.push_back(submitted({})["id"]);
  // The one that runs changes last.
  const int64_t before = store_->find(running)->change;
  engine_.tell_progress();
  await("progress in the store", [&] { return store_->find(running)->change > before; });

  const auto told = [&](size_t most, const std::string& last = {}) {
    Call request;
    request.method = "GET";
    request.path = "/api/v1/events";
    if (!last.empty()) request.headers.emplace("Last-Event-ID", last);
    RecordingSink sink(most);
    call(std::move(request)).stream(sink);
    return sink.events;
  };
  const std::vector<Event> events = told(6);
  ASSERT_EQ(events.size(), 6u);
  std::vector<std::string> names;
  for (const Event& event : events) names.push_back(event.name);
  EXPECT_THAT(names, ElementsAre("job", "job", "job", "job", "preview", "begin"));
  for (size_t k = 0; k < 3; ++k) EXPECT_EQ(events[k].data["id"], waiting[k]) << k;
  EXPECT_EQ(events[3].data["id"], running);
  int64_t number = 0;
  for (const size_t k : {0, 1, 2, 3}) {
    EXPECT_GT(std::stoll(events[k].id), number) << k;
    number = std::stoll(events[k].id);
  }
  // From there on it goes, for a client that was told of no job too.
  EXPECT_EQ(std::stoll(events[5].id), store_->wait_for_change(0, milliseconds(0)));
  EXPECT_EQ(send("POST", "/api/v1/jobs/" + waiting[1] + "/cancel").status, 200);
  const std::vector<Event> later = told(1, events[5].id);
  ASSERT_EQ(later.size(), 1u);
  EXPECT_EQ(later[0].data["id"], waiting[1]);
  // What another store said before is no beginning here.
  EXPECT_EQ(told(1, "999999999").size(), 1u);
}

// ---- what there is

TEST_F(NativeJobsTest, ListsModelsPresetsAndWildcards) {
  const Json models = good(get("/api/v1/models"))["models"];
  EXPECT_THAT(ids_of(models), ElementsAre("mini", "sd", "large"));
  EXPECT_EQ(models[0]["default"], true);
  EXPECT_EQ(models[1]["default"], false);
  EXPECT_EQ(models[0]["tasks"], Json({"imagine"}));
  EXPECT_EQ(models[0]["width"], 128);
  EXPECT_EQ(models[0]["square_only"], true);
  const Json presets = good(get("/api/v1/presets"))["presets"];
  EXPECT_FALSE(presets.empty());
  for (const Json& preset : presets) {
    EXPECT_THAT(preset["prompt"].get<std::string>(), HasSubstr("{prompt}"));
    EXPECT_FALSE(preset["name"]["es"].get<std::string>().empty());
  }
  EXPECT_EQ(good(get("/api/v1/wildcards"))["wildcards"], Json::array());
  context_.wildcards = folder_ / "wildcards";
  std::filesystem::create_directory(context_.wildcards);
  write_file_atomic(context_.wildcards / "animal.txt", "# animals\ncat\n\ndog \r\n");
  write_file_atomic(context_.wildcards / "other.md", "x");
  const Json animal = {{"name", "animal"}, {"lines", 2}};
  EXPECT_EQ(good(get("/api/v1/wildcards"))["wildcards"], Json::array({animal}));
  const Json expanded =
      good(post("/api/v1/prompts/expand", {{"prompt", "{a|the} __animal__"}, {"limit", 3}}));
  EXPECT_EQ(expanded["count"], 4);
  EXPECT_EQ(expanded["prompts"], Json({"a cat", "a dog", "the cat"}));
  expect_refused(post("/api/v1/prompts/expand", {{"prompt", "a"}, {"limit", -1}}),
                 400,
                 "invalid_input",
                 "limit");
  expect_refused(post("/api/v1/prompts/expand", {{"limit", 1}}), 400, "invalid_input", "prompt");
}

}  // namespace
}  // namespace lienzo::http
