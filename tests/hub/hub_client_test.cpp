#include "lienzo/hub/hub_client.h"

#include "../base/expect_error.h"
#include "../weights/temporary_folder.h"
#include "fake_hub.h"
#include "lienzo/base/file.h"

namespace lienzo::hub {
namespace {

const HubFile& file_of(const HubRepo& repo, const std::string& path) {
  for (const HubFile& file : repo.files) {
    if (file.path == path) return file;
  }
  throw std::runtime_error("no " + path);
}

TEST(HubClient, ListsARepositoryPageByPage) {
  FakeHub fake({{"some/tiny", tiny_pipeline()}});
  HubClient client(fake.access("hf_secret"), kQuick);
  const HubRepo repo = client.open("some/tiny", "main", {});
  EXPECT_EQ(repo.info.commit, FakeHub::kCommit);
  EXPECT_EQ(repo.info.licence, "openrail++");
  EXPECT_EQ(repo.files.size(), tiny_pipeline().files.size());
  EXPECT_TRUE(std::is_sorted(
      repo.files.begin(), repo.files.end(), [](auto& a, auto& b) { return a.path < b.path; }));
  EXPECT_GT(fake.hub().requests().size(), 3u);
  for (const Seen& seen : fake.hub().requests())
    EXPECT_EQ(seen.header("authorization"), "Bearer hf_secret");
}

TEST(HubClient, BringsFilesAndKeepsTheTokenFromTheStore) {
  const weights::TemporaryFolder folder;
  FakeHub fake({{"some/tiny", tiny_pipeline()}});
  HubClient client(fake.access("hf_secret"), kQuick);
  const HubRepo repo = client.open("some/tiny", "main", {});
  for (const char* path : {"unet/diffusion_pytorch_model.safetensors", "unet/config.json"}) {
    EXPECT_EQ(client.download(repo, file_of(repo, path), folder / path, {}),
              DownloadEnd::kDownloaded);
    EXPECT_EQ(read_text_file(folder / path), tiny_pipeline().files[path]);
  }
  ASSERT_EQ(fake.store().requests().size(), 1u);
  EXPECT_EQ(fake.store().requests()[0].headers.count("authorization"), 0u);
  EXPECT_EQ(client.read_text(repo, file_of(repo, "unet/config.json"), 10, {}), "{}");
}

TEST(HubClient, ReadsOnlySmallTextsThatAreRight) {
  bool damaged = false;
  FakeHub fake({{"some/tiny", tiny_pipeline()}}, [&](const Seen& seen) -> std::optional<Answer> {
    if (damaged && seen.path.ends_with("/config.json")) return Answer{.body = "[]"};
    return std::nullopt;
  });
  HubClient client(fake.access(), kQuick);
  const HubRepo repo = client.open("some/tiny", "main", {});
  expect_error(
      ErrorKind::kCorrupt,
      [&] { client.read_text(repo, file_of(repo, "README.md"), 10, {}); },
      "more than 10 bytes");
  damaged = true;
  expect_error(
      ErrorKind::kCorrupt,
      [&] { client.read_text(repo, file_of(repo, "unet/config.json"), 10, {}); },
      "arrived damaged");
}

TEST(HubClient, SaysWhatIsNotThere) {
  FakeHub fake({{"some/tiny", tiny_pipeline()}});
  HubClient client(fake.access(), kQuick);
  expect_error(
      ErrorKind::kNotFound,
      [&] { client.open("some/other", "main", {}); },
      "no such model, or it is private");
  expect_error(
      ErrorKind::kNotFound,
      [&] { client.open("some/tiny", "fp61", {}); },
      "no such branch",
      fake.hub().url("/some/tiny"));
}

TEST(HubClient, RefusesNamesThatNoneCanHave) {
  HubClient client({.endpoint = "http://127.0.0.1:1", .token = ""}, kQuick);
  for (const char* name : {"",
                           "a",
                           "/",
                           "a/",
                           "/b",
                           "a/b/c",
                           "../b",
                           "a/..",
                           "a b/c",
                           "a/b?c",
                           "a/b#c",
                           "a/b@c",
                           ".a/b"})
    expect_error(
        ErrorKind::kInvalidInput, [&] { client.open(name, "main", {}); }, "expected OWNER/REPO");
  for (const char* revision : {"", "..", "a/../b", "a b", "a?b", "a%2Fb"})
    expect_error(
        ErrorKind::kInvalidInput, [&] { client.open("a/b", revision, {}); }, "no revision");
  expect_error(
      ErrorKind::kInvalidInput, [] { HubClient({.endpoint = "hub", .token = ""}); }, "'hub'");
}

TEST(HubClient, ARevisionWithASlashIsOneSegment) {
  FakeHub fake({{"some/tiny", tiny_pipeline()}});
  HubClient client(fake.access(), kQuick);
  EXPECT_THROW(client.open("some/tiny", "refs/pr/1", {}), Error);
  EXPECT_EQ(fake.hub().requests()[0].path, "/api/models/some/tiny/revision/refs%2Fpr%2F1");
}

/// A hub whose listing is `list`, and the header Link of its answer `link`.
struct Listing {
  std::string list;
  std::string link;
};

HubRepo open_listing(const Listing& listing) {
  FakeHub fake({{"some/tiny", tiny_pipeline()}}, [&](const Seen& seen) -> std::optional<Answer> {
    if (seen.path.find("/tree/") == std::string::npos) return std::nullopt;
    Answer answer{.body = listing.list};
    if (!listing.link.empty()) answer.headers.emplace_back("Link", listing.link);
    return answer;
  });
  HubClient client(fake.access(), kQuick);
  return client.open("some/tiny", "main", {});
}

TEST(HubClient, RefusesHostileListings) {
  expect_error(
      ErrorKind::kCorrupt,
      [] {
        open_listing({R"([{"type":"file","path":"../../a","size":1}])", ""});
      },
      "'../../a'");
  expect_error(
      ErrorKind::kCorrupt,
      [] {
        open_listing(
            {R"([{"type":"file","path":"a","size":1},{"type":"file","path":"a","size":2}])", ""});
      },
      "lists 'a' twice");
  expect_error(
      ErrorKind::kCorrupt,
      [] {
        open_listing({"[]", R"(<http://evil.example/>; rel="next")"});
      },
      "goes on at another server, evil.example");
  expect_error(
      ErrorKind::kCorrupt,
      [] {
        open_listing({std::string((16 << 20) + 1, ' '), ""});
      },
      "more than");
}

TEST(HubClient, DoesNotTurnPagesForEver) {
  const TestServer* hub = nullptr;
  FakeHub fake({{"some/tiny", tiny_pipeline()}}, [&](const Seen& seen) -> std::optional<Answer> {
    if (seen.path.find("/tree/") == std::string::npos) return std::nullopt;
    return Answer{.headers = {{"Link", "<" + hub->url(seen.path) + ">; rel=\"next\""}},
                  .body = "[]"};
  });
  hub = &fake.hub();
  HubClient client(fake.access(), kQuick);
  expect_error(
      ErrorKind::kUnsupported, [&] { client.open("some/tiny", "main", {}); }, "50 thousand files");
  EXPECT_EQ(fake.hub().requests().size(), 51u);
}

}  // namespace
}  // namespace lienzo::hub
