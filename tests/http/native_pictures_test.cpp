#include <fcntl.h>
#include <gmock/gmock.h>
#include <sys/stat.h>

#include "../hub/test_server.h"
#include "lienzo/image/thumbnail.h"
#include "native_fixture.h"

namespace lienzo::http {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

const Caller kAna{.owner = "lz_ana", .admin = false, .keyed = true};
const Caller kLuis{.owner = "lz_luis", .admin = false, .keyed = true};
const Caller kBoss{.owner = "lz_boss", .keyed = true};

std::string header_of(const Reply& reply, const std::string& name) {
  for (const auto& [key, value] : reply.headers) {
    if (key == name) return value;
  }
  return "";
}

class NativePicturesTest : public NativeTest {
 protected:
  /// As if it had been there for years.
  void make_old(const std::string& id) {
    const timespec times[] = {{1000, 0}, {1000, 0}};
    ASSERT_EQ(utimensat(AT_FDCWD, blobs_.path(id).c_str(), times, 0), 0);
  }
  /// What the gallery shows, by seed.
  std::vector<int> seeds(const std::string& query = "") {
    std::vector<int> seeds;
    const Json page = good(get("/api/v1/pictures" + query));
    for (const Json& picture : page["pictures"]) seeds.push_back(picture["seed"]);
    return seeds;
  }
  std::string path_of(const Json& job, size_t index = 0) {
    return "/api/v1/pictures/" + job["pictures"][index]["id"].get<std::string>();
  }
  Reply get_unless(const std::string& path, const std::string& tag) {
    Call request;
    request.method = "GET";
    request.path = path;
    request.headers.emplace("If-None-Match", tag);
    return call(std::move(request));
  }
  Json patched(const std::string& path, const Json& body, int status = 200) {
    Call request;
    request.method = "PATCH";
    request.path = path;
    request.headers.emplace("Content-Type", "application/json; charset=utf-8");
    request.body = body.dump();
    const Reply reply = call(std::move(request));
    EXPECT_EQ(reply.status, status) << reply.body;
    return Json::parse(reply.body);
  }
};

TEST_F(NativePicturesTest, AnUploadThatAJobAsksForIsYoungAgain) {
  const std::string id = uploaded(flat_picture(64, 64))["id"];
  const std::string mask = uploaded(flat_picture(64, 64, 255))["id"];
  make_old(id);
  make_old(mask);
  submitted({{"task", "inpaint"}, {"model", "sd"}, {"picture", id}, {"mask", mask}});
  blobs_.sweep(std::chrono::hours(1), [](const std::string&) { return false; });
  EXPECT_TRUE(blobs_.contains(id));
  EXPECT_TRUE(blobs_.contains(mask));
  blobs_.remove(id);
  refused({{"task", "edit"}, {"model", "sd"}, {"picture", id}}, 400, "invalid_input", "picture");
}

TEST_F(NativePicturesTest, TakesUploadsAndGivesThemBack) {
  caller_ = kAna;
  const std::string bytes = flat_picture(48, 32, 9, 4, "webp");
  const Json upload = uploaded(bytes);
  EXPECT_EQ(upload["width"], 48);
  EXPECT_EQ(upload["height"], 32);
  EXPECT_EQ(upload["format"], "webp");
  EXPECT_EQ(upload["record"], Json());
  const std::string url = upload["url"];
  EXPECT_EQ(url, "/api/v1/uploads/" + upload["id"].get<std::string>() + "/file");
  const Reply file = get(url);
  EXPECT_EQ(file.status, 200);
  EXPECT_EQ(file.type, "image/webp");
  EXPECT_EQ(file.body, bytes);
  EXPECT_THAT(header_of(file, "Cache-Control"), HasSubstr("private"));
  const Reply same = get_unless(url, header_of(file, "ETag"));
  EXPECT_EQ(same.status, 304);
  EXPECT_EQ(same.body, "");
  EXPECT_EQ(get(uploaded(flat_picture(8, 8, 1, 3, "jpg"))["url"]).type, "image/jpeg");
  EXPECT_EQ(get(uploaded(flat_picture(8, 8))["url"]).type, "image/png");

  caller_ = kLuis;
  expect_refused(get(url), 404, "not_found", "");
  expect_refused(get("/api/v1/uploads/" + std::string(64, '0') + "/file"), 404, "not_found", "");
  expect_refused(get("/api/v1/uploads/x/file"), 404, "not_found", "");
  uploaded(bytes);
  EXPECT_EQ(get(url).status, 200) << "who has the bytes may have them";
  caller_ = kBoss;
  EXPECT_EQ(get(url).status, 200);
  blobs_.remove(upload["id"]);
  expect_refused(get(url), 404, "not_found", "");
}

TEST_F(NativePicturesTest, AnUploadMayBeWorkedOnAgainAndAgain) {
  caller_ = kAna;
  const std::string id = uploaded(flat_picture(64, 64))["id"];
  const Json edit = {{"task", "edit"}, {"model", "sd"}, {"picture", id}};
  EXPECT_EQ(drawn(edit)["state"], "done");
  EXPECT_EQ(drawn(edit)["state"], "done");
  // What came with a job can be read back as well.
  const Json inside =
      submitted({{"task", "edit"},
                 {"model", "sd"},
                 {"picture", "data:image/png;base64," + encode_base64(flat_picture(64, 64, 3))}});
  const std::string given = inside["request"]["picture"];
  EXPECT_EQ(get("/api/v1/uploads/" + given + "/file").status, 200);
  caller_ = kLuis;
  EXPECT_EQ(get("/api/v1/uploads/" + given + "/file").status, 404);
  refused(edit, 400, "invalid_input", "picture");
}

TEST_F(NativePicturesTest, ReadsAddressesWhereTheServerDoes) {
  const hub::TestServer elsewhere([](const hub::Seen& request) {
    hub::Answer answer;
    answer.body = request.path == "/a.png" ? flat_picture(64, 64, 77) : "no picture";
    return answer;
  });
  const auto edit = [&](const std::string& path) -> Json {
    return {{"task", "edit"}, {"model", "sd"}, {"picture", elsewhere.url(path)}};
  };
  EXPECT_THAT(refused(edit("/a.png"), 400, "invalid_image", "picture"),
              HasSubstr(elsewhere.url("/a.png")));
  context_.remote_images = RemoteImages::kPublic;
  EXPECT_THAT(refused(edit("/a.png"), 400, "invalid_image", "picture"), HasSubstr("127.0.0.1"));
  EXPECT_TRUE(elsewhere.requests().empty());
  context_.remote_images = RemoteImages::kAny;
  EXPECT_EQ(drawn(edit("/a.png"))["state"], "done");
  EXPECT_EQ(engine_.last_picture().pixels[0], 77);
  refused(edit("/b.png"), 400, "invalid_image", "picture");
  context_.limits.largest_body = 5;
  refused(edit("/a.png"), 413, "too_large", "picture");
}

TEST_F(NativePicturesTest, AnUploadSaysHowItWasMade) {
  const Json made = drawn({{"prompt", "un cubo"}});
  const Json upload = uploaded(get(path_of(made) + "/file").body);
  EXPECT_EQ(upload["id"], made["pictures"][0]["id"]);
  EXPECT_EQ(upload["record"]["prompt"], "un cubo");
}

TEST_F(NativePicturesTest, RefusesUploadsThatAreNoPictures) {
  expect_refused(send("POST", "/api/v1/uploads", "hello"), 400, "invalid_image", "body");
  expect_refused(send("POST", "/api/v1/uploads", ""), 400, "invalid_image", "body");
  const std::string whole = flat_picture(64, 64);
  expect_refused(
      send("POST", "/api/v1/uploads", whole.substr(0, 60)), 400, "invalid_image", "body");
  context_.limits.largest_picture = 64 * 64 - 1;
  expect_refused(send("POST", "/api/v1/uploads", whole), 400, "invalid_image", "body");
  context_.limits.largest_body = whole.size() - 1;
  expect_refused(send("POST", "/api/v1/uploads", whole), 413, "too_large", "body");
}

TEST_F(NativePicturesTest, TheGalleryIsSearched) {
  const Json first = drawn({{"prompt", "un cubo azúl"}, {"seed", 1}, {"tags", {"x"}}});
  const Json second = drawn({{"prompt", "a sphere"}, {"seed", 2}, {"model", "sd"}});
  drawn({{"prompt", "a cube"}, {"seed", 3}, {"count", 2}});
  EXPECT_THAT(seeds(), ElementsAre(4, 3, 2, 1));
  EXPECT_THAT(seeds("?text=CUBO azul"), ElementsAre(1));
  EXPECT_THAT(seeds("?model=sd"), ElementsAre(2));
  EXPECT_THAT(seeds("?tag=x"), ElementsAre(1));
  EXPECT_THAT(seeds("?job=" + second["id"].get<std::string>()), ElementsAre(2));
  const int64_t made = second["pictures"][0]["created"];
  EXPECT_EQ(seeds("?from=" + std::to_string(made)).back(), 2);
  EXPECT_THAT(seeds("?until=" + std::to_string(made)), ElementsAre(1));
  const Json page = good(get("/api/v1/pictures?limit=3"));
  EXPECT_EQ(page["pictures"].size(), 3u);
  EXPECT_THAT(seeds("?before=" + page["next"].get<std::string>()), ElementsAre(1));
  EXPECT_EQ(good(get("/api/v1/pictures"))["next"], Json());
  expect_refused(get("/api/v1/pictures?limit=0"), 400, "invalid_input", "limit");
  expect_refused(get("/api/v1/pictures?from=-1"), 400, "invalid_input", "from");
  expect_refused(get("/api/v1/pictures?before=x"), 400, "invalid_input", "");
  expect_refused(get("/api/v1/pictures?size=1"), 400, "invalid_input", "size");
  expect_refused(get("/api/v1/pictures?text=\xff"), 400, "invalid_input", "text");
}

TEST_F(NativePicturesTest, AFileAndItsThumbnail) {
  const Json made = drawn({{"model", "sd"}, {"width", 640}, {"height", 200}, {"seed", 5}});
  const std::string path = path_of(made);
  const Reply file = get(path + "/file?download=1");
  EXPECT_EQ(file.type, "image/png");
  EXPECT_EQ(decoded(file.body).width, 640);
  EXPECT_EQ(header_of(file, "Content-Disposition"),
            "attachment; filename=\"lienzo-5-" + path.substr(17, 8) + ".png\"");
  EXPECT_EQ(header_of(get(path + "/file"), "Content-Disposition"), "");
  const Reply small = get(path + "/thumbnail?size=111");
  EXPECT_EQ(small.type, "image/webp");
  EXPECT_EQ(decoded(small.body).width, 111);
  EXPECT_EQ(decoded(small.body).height, 35) << "34.7, rounded";
  EXPECT_EQ(decoded(get(path + "/thumbnail").body).width, 320);
  EXPECT_EQ(decoded(get(path + "/thumbnail?size=1024").body).width, 640) << "never larger";
  for (const std::string& url : {path + "/file", path + "/thumbnail"}) {
    const std::string tag = header_of(get(url), "ETag");
    EXPECT_EQ(get_unless(url, tag).status, 304);
    EXPECT_EQ(get_unless(url, tag).body, "");
    EXPECT_EQ(get_unless(url, "\"other\"").status, 200);
  }
  EXPECT_NE(header_of(small, "ETag"), header_of(get(path + "/thumbnail"), "ETag"));
  expect_refused(get(path + "/thumbnail?size=63"), 400, "invalid_input", "size");
  expect_refused(get(path + "/thumbnail?size=1025"), 400, "invalid_input", "size");
}

TEST_F(NativePicturesTest, ChangesTagsAndDeletes) {
  const Json made = drawn();
  const std::string path = path_of(made);
  EXPECT_EQ(good(get(path)), made["pictures"][0]);
  EXPECT_EQ(patched(path, {{"tags", {"x", "y"}}})["tags"], Json({"x", "y"}));
  EXPECT_EQ(good(get(path))["tags"], Json({"x", "y"}));
  EXPECT_EQ(patched(path, {{"tags", {""}}}, 400)["error"]["field"], "tags");
  EXPECT_EQ(patched(path, {{"tags", 3}}, 400)["error"]["field"], "tags");
  EXPECT_EQ(patched(path, {{"tags", {"a"}}, {"prompt", "b"}}, 400)["error"]["field"], "prompt");
  EXPECT_EQ(patched(path, Json::object(), 400)["error"]["field"], "tags");
  EXPECT_EQ(good(get(path))["tags"], Json({"x", "y"}));
  EXPECT_EQ(send("DELETE", path).status, 204);
  EXPECT_FALSE(blobs_.contains(path.substr(17)));
  for (const char* tail : {"", "/file", "/thumbnail"})
    expect_refused(get(path + tail), 404, "not_found", "");
  expect_refused(send("DELETE", path), 404, "not_found", "");
  EXPECT_EQ(job(made["id"])["pictures"], Json::array());
}

TEST_F(NativePicturesTest, KeysSeeTheirOwn) {
  caller_ = kAna;
  const Json hers = drawn({{"prompt", "secret"}, {"seed", 1}});
  const std::string path = path_of(hers);
  for (const Caller& other : {kLuis, Caller{}}) {
    caller_ = other;
    EXPECT_TRUE(seeds().empty());
    EXPECT_TRUE(seeds("?text=secret").empty());
    for (const char* tail : {"", "/file", "/thumbnail"}) EXPECT_EQ(get(path + tail).status, 404);
    EXPECT_EQ(send("DELETE", path).status, 404);
    EXPECT_EQ(patched(path, {{"tags", {"x"}}}, 404)["error"]["code"], "not_found");
  }
  caller_ = kLuis;
  refused({{"task", "vary"}, {"model", "sd"}, {"picture", path.substr(17)}},
          400,
          "invalid_input",
          "picture");
  caller_ = kBoss;
  EXPECT_THAT(seeds(), ElementsAre(1));
  EXPECT_EQ(get(path + "/file").status, 200);
  submitted({{"task", "vary"}, {"model", "sd"}, {"picture", path.substr(17)}});
  EXPECT_EQ(patched(path, {{"tags", {"x"}}})["tags"], Json({"x"}));
  // The same picture of two: each has a row, and the file stays for the other.
  caller_ = kLuis;
  drawn({{"prompt", "secret"}, {"seed", 1}});
  EXPECT_EQ(good(get(path))["tags"], Json::array());
  EXPECT_EQ(send("DELETE", path).status, 204);
  EXPECT_EQ(get(path).status, 404);
  caller_ = kAna;
  EXPECT_EQ(get(path + "/file").status, 200);
}

TEST(ThumbnailTest, NeverVanishes) {
  const std::vector<std::byte> bytes = image::thumbnail(image::Image(3000, 2, 3), 64, 80);
  const image::Image small = decoded({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
  EXPECT_EQ(small.width, 64);
  EXPECT_EQ(small.height, 1);
}

}  // namespace
}  // namespace lienzo::http
