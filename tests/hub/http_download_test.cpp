#include "lienzo/hub/http_download.h"

#include <fmt/format.h>
#include <sys/resource.h>

#include <atomic>
#include <chrono>
#include <csignal>
#include <fstream>
#include <utility>

#include "../base/expect_error.h"
#include "../weights/temporary_folder.h"
#include "fake_hub.h"
#include "lienzo/base/file.h"
#include "test_server.h"

namespace lienzo::hub {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::IsEmpty;
using weights::TemporaryFolder;

constexpr const char* kEtag = "\"one\"";

// Bytes that differ from place to place, so that a piece in the wrong place is noticed.
std::string content(size_t size, unsigned seed = 1) {
  std::string bytes(size, '\0');
  for (char& byte : bytes) {
    seed = seed * 1664525u + 1013904223u;
    byte = static_cast<char>(seed >> 24);
  }
  return bytes;
}

std::vector<std::string> ranges(const TestServer& server) {
  std::vector<std::string> list;
  for (const Seen& seen : server.requests()) list.push_back(seen.header("range"));
  return list;
}

class DownloadTest : public testing::Test {
 protected:
  std::vector<std::string> listing() const {
    std::vector<std::string> names;
    for (const auto& entry : fs::directory_iterator(folder_.path()))
      names.push_back(entry.path().filename());
    std::sort(names.begin(), names.end());
    return names;
  }

  DownloadRequest request(const TestServer& server) const {
    return {.url = server.url("/f"), .target = target_};
  }

  DownloadRequest known(const TestServer& server, const std::string& bytes) const {
    DownloadRequest known = request(server);
    known.size = bytes.size();
    known.checksum = checksum_of("f.safetensors", bytes);
    return known;
  }

  DownloadEnd run(const DownloadRequest& request, const TransferHooks& hooks = {}) {
    HttpSession session;
    return download(session, request, hooks, kQuick);
  }

  TemporaryFolder folder_;
  fs::path target_ = folder_ / "f.safetensors";
  const std::string whole_ = content(100'000);
};

TEST_F(DownloadTest, BringsAFileAndReportsProgress) {
  TestServer server([&](const Seen& seen) { return serve_file(seen, whole_, kEtag); });
  std::vector<int64_t> done;
  EXPECT_EQ(run(known(server, whole_),
                {.progress =
                     [&](const Progress& progress) {
                       EXPECT_EQ(progress.stage, "download");
                       EXPECT_EQ(progress.total, 100'000);
                       done.push_back(progress.done);
                     }}),
            DownloadEnd::kDownloaded);
  EXPECT_EQ(read_text_file(target_), whole_);
  EXPECT_THAT(listing(), ElementsAre("f.safetensors"));
  ASSERT_FALSE(done.empty());
  EXPECT_EQ(done.back(), 100'000);
}

TEST_F(DownloadTest, LeavesAFileThatIsRightAndReplacesOneThatIsNot) {
  TestServer server([&](const Seen& seen) { return serve_file(seen, whole_, kEtag); });
  write_file_atomic(target_, whole_);
  EXPECT_EQ(run(known(server, whole_)), DownloadEnd::kAlreadyThere);
  EXPECT_THAT(server.requests(), IsEmpty());
  std::string other = whole_;
  other[5] ^= 1;
  write_file_atomic(target_, other);
  EXPECT_EQ(run(known(server, whole_)), DownloadEnd::kDownloaded);
  EXPECT_EQ(read_text_file(target_), whole_);
}

TEST_F(DownloadTest, MakesFoldersAndTakesAnEmptyFile) {
  TestServer server([&](const Seen& seen) { return serve_file(seen, "", kEtag); });
  DownloadRequest deep = known(server, "");
  deep.target = folder_ / "a/b/empty";
  EXPECT_EQ(run(deep), DownloadEnd::kDownloaded);
  EXPECT_EQ(read_text_file(deep.target), "");
}

TEST_F(DownloadTest, NeedsNeitherLengthNorChecksum) {
  TestServer server([&](const Seen&) { return Answer{.body = whole_, .with_length = false}; });
  EXPECT_EQ(run(request(server)), DownloadEnd::kDownloaded);
  EXPECT_EQ(read_text_file(target_), whole_);
}

TEST_F(DownloadTest, GoesOnAfterAConnectionThatBreaksOff) {
  std::atomic<int> count = 0;
  TestServer server([&](const Seen& seen) {
    Answer answer = serve_file(seen, whole_, kEtag);
    if (++count < 4) answer.break_after = 30'000;
    return answer;
  });
  EXPECT_EQ(run(known(server, whole_)), DownloadEnd::kDownloaded);
  EXPECT_EQ(read_text_file(target_), whole_);
  EXPECT_THAT(ranges(server), ElementsAre("", "bytes=30000-", "bytes=60000-", "bytes=90000-"));
  EXPECT_EQ(server.requests()[1].header("if-range"), kEtag);
}

TEST_F(DownloadTest, GivesUpWhenNothingMoreComesAndGoesOnInTheNextRun) {
  std::atomic<bool> broken = true;
  TestServer server([&](const Seen& seen) {
    Answer answer = serve_file(seen, whole_, kEtag);
    if (broken) answer.break_after = seen.header("range").empty() ? 40'000 : 0;
    return answer;
  });
  expect_error(
      ErrorKind::kIo,
      [&] { run(known(server, whole_)); },
      "failed 3 times in a row",
      "goes on where it stopped");
  EXPECT_THAT(listing(), ElementsAre("f.safetensors.part", "f.safetensors.part.json"));
  EXPECT_EQ(fs::file_size(folder_ / "f.safetensors.part"), 40'000u);
  broken = false;
  EXPECT_EQ(run(known(server, whole_)), DownloadEnd::kDownloaded);
  EXPECT_EQ(ranges(server).back(), "bytes=40000-");
  EXPECT_EQ(read_text_file(target_), whole_);
  EXPECT_THAT(listing(), ElementsAre("f.safetensors"));
}

TEST_F(DownloadTest, StartsAgainWhenTheFileChangesBetweenAttempts) {
  const std::string changed = content(100'000, 2);
  std::atomic<int> count = 0;
  TestServer server([&](const Seen& seen) {
    if (++count > 1) return serve_file(seen, changed, "\"two\"");
    Answer answer = serve_file(seen, whole_, kEtag);
    answer.break_after = 50'000;
    return answer;
  });
  EXPECT_EQ(run(request(server)), DownloadEnd::kDownloaded);
  EXPECT_EQ(read_text_file(target_), changed);
}

// A server that does not know If-Range answers with the end of the other file.
TEST_F(DownloadTest, StartsAgainWhenAPieceIsOfAnotherVersion) {
  const std::string changed = content(100'000, 2);
  std::atomic<int> count = 0;
  TestServer server([&](Seen seen) {
    if (++count > 1) {
      seen.headers.erase("if-range");
      return serve_file(seen, changed, "\"two\"");
    }
    Answer answer = serve_file(seen, whole_, kEtag);
    answer.break_after = 50'000;
    return answer;
  });
  EXPECT_EQ(run(request(server)), DownloadEnd::kDownloaded);
  EXPECT_EQ(read_text_file(target_), changed);
  EXPECT_THAT(ranges(server), ElementsAre("", "bytes=50000-", ""));
}

TEST_F(DownloadTest, StopsWhenTheFileNeverStopsChanging) {
  std::atomic<int> count = 0;
  TestServer server([&](Seen seen) {
    seen.headers.erase("if-range");
    Answer answer = serve_file(seen, whole_, fmt::format("\"{}\"", ++count));
    answer.break_after = 10'000;
    return answer;
  });
  expect_error(
      ErrorKind::kCorrupt, [&] { run(request(server)); }, "another piece");
}

TEST_F(DownloadTest, StartsAgainWhereTheServerCannotGoOn) {
  std::atomic<int> count = 0;
  TestServer server([&](const Seen&) {
    Answer answer{.headers = {{"ETag", kEtag}}, .body = whole_};
    if (++count == 1) answer.break_after = 50'000;
    return answer;
  });
  EXPECT_EQ(run(known(server, whole_)), DownloadEnd::kDownloaded);
  EXPECT_EQ(read_text_file(target_), whole_);
}

TEST_F(DownloadTest, BytesThatComeAgainAreNoProgress) {
  TestServer server([&](const Seen&) { return Answer{.body = whole_, .break_after = 50'000}; });
  expect_error(
      ErrorKind::kIo, [&] { run(known(server, whole_)); }, "failed 3 times in a row");
}

TEST_F(DownloadTest, GoesOnOnlyWithTheBeginningOfTheSame) {
  const std::string other = content(100'000, 2);
  std::atomic<bool> broken = true;
  TestServer server([&](const Seen& seen) {
    Answer answer = serve_file(seen, broken ? whole_ : other, kEtag);
    if (broken) answer.break_after = seen.header("range").empty() ? 40'000 : 0;
    return answer;
  });
  EXPECT_THROW(run(known(server, whole_)), Error);
  broken = false;
  EXPECT_EQ(run(known(server, other)), DownloadEnd::kDownloaded);
  EXPECT_EQ(ranges(server).back(), "");
  EXPECT_EQ(read_text_file(target_), other);
}

TEST_F(DownloadTest, APartWithoutItsNoteOrTooLongIsBegunAnew) {
  TestServer server([&](const Seen& seen) { return serve_file(seen, whole_, kEtag); });
  write_file_atomic(folder_ / "f.safetensors.part", "of something else");
  EXPECT_EQ(run(known(server, whole_)), DownloadEnd::kDownloaded);
  const DownloadRequest wanted = known(server, whole_);
  fs::remove(target_);
  write_file_atomic(folder_ / "f.safetensors.part", content(100'001));
  write_file_atomic(
      folder_ / "f.safetensors.part.json",
      "{\"url\": \"\", \"etag\": \"\", \"checksum\": \"" + to_string(wanted.checksum) + "\"}");
  EXPECT_EQ(run(wanted), DownloadEnd::kDownloaded);
  EXPECT_THAT(ranges(server), ElementsAre("", ""));
  EXPECT_EQ(read_text_file(target_), whole_);
}

TEST_F(DownloadTest, AnAnswerThatThePartIsWholeIsNotTrusted) {
  std::atomic<int> count = 0;
  TestServer server([&](const Seen& seen) -> Answer {
    Answer answer = serve_file(seen, whole_, kEtag);
    if (++count == 1) answer.break_after = 50'000;
    if (count == 2) return {.status = 416};
    return answer;
  });
  EXPECT_EQ(run(request(server)), DownloadEnd::kDownloaded);
  EXPECT_THAT(ranges(server), ElementsAre("", "bytes=50000-", ""));
  EXPECT_EQ(read_text_file(target_), whole_);
}

TEST_F(DownloadTest, RefusesAPieceThatNobodyAskedFor) {
  for (const char* range : {"bytes 5-9/10", "bytes 0-4/5", "bytes 0-4", "what?", ""}) {
    TestServer server([&](const Seen&) -> Answer {
      return {.status = 206, .headers = {{"Content-Range", range}}, .body = "12345"};
    });
    expect_error(
        ErrorKind::kCorrupt, [&] { run(request(server)); }, "another piece of the file");
    EXPECT_THAT(listing(), IsEmpty());
  }
}

TEST_F(DownloadTest, AWrongChecksumDeletesWhatCame) {
  std::string damaged = whole_;
  damaged[50'000] ^= 1;
  TestServer server([&](const Seen& seen) { return serve_file(seen, damaged, kEtag); });
  expect_error(
      ErrorKind::kCorrupt,
      [&] { run(known(server, whole_)); },
      "arrived damaged",
      "expected sha256:");
  EXPECT_THAT(listing(), IsEmpty());
}

// The first half was damaged on the disk after an earlier run.
TEST_F(DownloadTest, TheChecksumCoversWhatWasThereBefore) {
  std::atomic<bool> broken = true;
  TestServer server([&](const Seen& seen) {
    Answer answer = serve_file(seen, whole_, kEtag);
    if (broken) answer.break_after = seen.header("range").empty() ? 40'000 : 0;
    return answer;
  });
  EXPECT_THROW(run(known(server, whole_)), Error);
  broken = false;
  std::fstream part(folder_ / "f.safetensors.part", std::ios::in | std::ios::out);
  part.put('?');
  part.close();
  expect_error(
      ErrorKind::kCorrupt, [&] { run(known(server, whole_)); }, "arrived damaged");
  EXPECT_THAT(listing(), IsEmpty());
}

TEST_F(DownloadTest, ChecksSmallFilesAsGitDoes) {
  TestServer server([&](const Seen& seen) { return serve_file(seen, "{}", kEtag); });
  DownloadRequest small = request(server);
  small.size = 2;
  small.checksum = {ChecksumKind::kGitBlob, "9e26dfeeb6e641a33dae4961196235bdb965b21b"};
  EXPECT_EQ(run(small), DownloadEnd::kDownloaded);
  small.checksum.hex.back() = 'c';
  expect_error(
      ErrorKind::kCorrupt, [&] { run(small); }, "expected git:9e26");
}

TEST_F(DownloadTest, RefusesAnotherLengthThanExpected) {
  TestServer server([&](const Seen& seen) { return serve_file(seen, whole_ + "x", kEtag); });
  expect_error(
      ErrorKind::kCorrupt,
      [&] { run(known(server, whole_)); },
      "offers 100001 bytes, expected 100000");
  EXPECT_THAT(listing(), IsEmpty());
}

TEST_F(DownloadTest, RefusesMoreBytesThanExpectedWithoutALength) {
  TestServer server(
      [&](const Seen&) { return Answer{.body = whole_ + "x", .with_length = false}; });
  expect_error(
      ErrorKind::kCorrupt, [&] { run(known(server, whole_)); }, "expected 100000");
  EXPECT_THAT(listing(), IsEmpty());
}

TEST_F(DownloadTest, RefusesFewerBytesThanExpectedWithoutALength) {
  TestServer server(
      [&](const Seen&) { return Answer{.body = whole_.substr(1), .with_length = false}; });
  expect_error(
      ErrorKind::kCorrupt, [&] { run(known(server, whole_)); }, "99999 bytes");
}

TEST_F(DownloadTest, ALengthThatPromisesMoreThanComesIsABrokenConnection) {
  TestServer server([&](const Seen& seen) {
    Answer answer = serve_file(seen, whole_, kEtag);
    answer.headers.emplace_back("Content-Length", "100005");
    return answer;
  });
  expect_error(
      ErrorKind::kIo, [&] { run(request(server)); }, "failed 3 times");
}

TEST_F(DownloadTest, RefusesWhatIsLargerThanAllowed) {
  std::atomic<bool> with_length = true;
  TestServer server(
      [&](const Seen&) { return Answer{.body = whole_, .with_length = with_length}; });
  DownloadRequest small = request(server);
  small.max_bytes = 99'999;
  for (const bool told : {true, false}) {
    with_length = told;
    expect_error(
        ErrorKind::kCorrupt, [&] { run(small); }, "larger than 99999 bytes");
    EXPECT_THAT(listing(), IsEmpty());
  }
}

TEST_F(DownloadTest, LooksForSpaceBeforeItBegins) {
  TestServer server([&](const Seen&) {
    return Answer{.headers = {{"Content-Length", "4611686018427387904"}}, .body = "x"};
  });
  DownloadRequest huge = request(server);
  huge.max_bytes = UINT64_MAX;
  expect_error(
      ErrorKind::kIo, [&] { run(huge); }, "4611686018.43 GB more", "GB are free");
  EXPECT_THAT(listing(), IsEmpty());
}

// A limit on the size of files makes the write fail half way, as a full disk does.
TEST_F(DownloadTest, AFullDiskKeepsWhatCame) {
  TestServer server([&](const Seen& seen) { return serve_file(seen, whole_, kEtag); });
  rlimit before{};
  ASSERT_EQ(getrlimit(RLIMIT_FSIZE, &before), 0);
  const auto previous = std::signal(SIGXFSZ, SIG_IGN);
  rlimit small = before;
  small.rlim_cur = 60'000;
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &small), 0);
  expect_error(
      ErrorKind::kIo, [&] { run(known(server, whole_)); }, "cannot write", "f.safetensors.part");
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &before), 0);
  std::signal(SIGXFSZ, previous);
  EXPECT_EQ(fs::file_size(folder_ / "f.safetensors.part"), 60'000u);
  EXPECT_EQ(run(known(server, whole_)), DownloadEnd::kDownloaded);
  EXPECT_EQ(ranges(server).back(), "bytes=60000-");
  EXPECT_EQ(read_text_file(target_), whole_);
}

TEST_F(DownloadTest, CancellingASlowServerKeepsWhatCame) {
  TestServer server([&](const Seen& seen) {
    Answer answer = serve_file(seen, whole_, kEtag);
    answer.pause = 0.005;
    return answer;
  });
  std::atomic<bool> stop = false;
  const TransferHooks hooks{.progress = [&](const Progress& progress) { stop = progress.done > 3; },
                            .cancelled = [&] { return stop.load(); }};
  const auto start = std::chrono::steady_clock::now();
  expect_error(
      ErrorKind::kCancelled, [&] { run(known(server, whole_), hooks); }, "stopped");
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(5));
  EXPECT_THAT(listing(), ElementsAre("f.safetensors.part", "f.safetensors.part.json"));
}

TEST_F(DownloadTest, CancellingDuringAWaitDoesNotWait) {
  TestServer server([&](const Seen&) -> Answer {
    return {.status = 503, .headers = {{"Retry-After", "60"}}};
  });
  const auto start = std::chrono::steady_clock::now();
  // Later than the answer comes.
  const TransferHooks hooks{.progress = {}, .cancelled = [&] {
                              return std::chrono::steady_clock::now() - start >
                                     std::chrono::milliseconds(300);
                            }};
  expect_error(
      ErrorKind::kCancelled, [&] { run(request(server), hooks); }, "stopped");
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(5));
  EXPECT_THAT(listing(), IsEmpty());
}

TEST_F(DownloadTest, ASinkThatThrowsStopsTheDownload) {
  TestServer server([&](const Seen& seen) { return serve_file(seen, whole_, kEtag); });
  expect_error(
      ErrorKind::kInvalidInput,
      [&] {
        run(request(server),
            {.progress = [](const Progress&) { throw Error(ErrorKind::kInvalidInput, "enough"); }});
      },
      "enough");
}

TEST_F(DownloadTest, TriesAgainWhatMayPass) {
  std::atomic<int> count = 0;
  TestServer server([&](const Seen& seen) -> Answer {
    ++count;
    if (count == 1) return {.status = 500};
    if (count == 2) return {.status = 429, .headers = {{"Retry-After", "1"}}};
    return serve_file(seen, whole_, kEtag);
  });
  const auto start = std::chrono::steady_clock::now();
  EXPECT_EQ(run(known(server, whole_)), DownloadEnd::kDownloaded);
  EXPECT_GE(std::chrono::steady_clock::now() - start, std::chrono::milliseconds(950));
  EXPECT_EQ(count, 3);
}

TEST_F(DownloadTest, DoesNotWaitForHours) {
  TestServer server([&](const Seen&) -> Answer {
    return {.status = 429, .headers = {{"Retry-After", "7200"}}};
  });
  expect_error(
      ErrorKind::kIo, [&] { run(request(server)); }, "asks to wait 7200 s", "429");
}

TEST_F(DownloadTest, SaysWhatARefusalMeans) {
  struct Refusal {
    int status;
    const char* code;
    const char* token;
    ErrorKind kind;
    const char* says;
  };
  const Refusal refusals[] = {
      {401, "GatedRepo", "", ErrorKind::kIo, "accept the licence at http://page, make a token"},
      {403, "GatedRepo", "t", ErrorKind::kIo, "with the account of your token"},
      {401, "RepoNotFound", "", ErrorKind::kNotFound, "no such model, or it is private"},
      {401, "RepoNotFound", "t", ErrorKind::kNotFound, "take a token that opens it"},
      {401, "", "", ErrorKind::kIo, "set HF_TOKEN"},
      {403, "", "t", ErrorKind::kIo, "the token in use does not open it"},
      {404, "RevisionNotFound", "", ErrorKind::kNotFound, "no such branch, tag or commit"},
      {404, "EntryNotFound", "", ErrorKind::kNotFound, "there is no such file, see http://page"},
      {404, "", "", ErrorKind::kNotFound, "there is no such file"},
      {418, "", "", ErrorKind::kIo, "status 418"},
  };
  for (const Refusal& refusal : refusals) {
    TestServer server([&](const Seen&) -> Answer {
      return {.status = refusal.status,
              .headers = {{"X-Error-Code", refusal.code}, {"X-Error-Message", "so \x1b[31mthere"}},
              .body = std::string(200'000, '!')};
    });
    DownloadRequest wanted = request(server);
    wanted.page = "http://page";
    wanted.token = refusal.token;
    expect_error(
        refusal.kind,
        [&] { run(wanted); },
        refusal.says,
        fmt::format("status {} (\"so \\x1b[31mthere\")", refusal.status));
    EXPECT_EQ(server.requests().size(), 1u);
    EXPECT_THAT(listing(), IsEmpty());
  }
}

TEST_F(DownloadTest, TheTokenDoesNotFollowToAnotherServer) {
  TestServer store([&](const Seen& seen) { return serve_file(seen, whole_, kEtag); });
  TestServer hub([&](const Seen&) -> Answer {
    return {.status = 302, .headers = {{"Location", store.url("/g?signature=1")}}, .body = "moved"};
  });
  DownloadRequest wanted = known(hub, whole_);
  wanted.token = "hf_secret";
  EXPECT_EQ(run(wanted), DownloadEnd::kDownloaded);
  EXPECT_EQ(read_text_file(target_), whole_);
  EXPECT_EQ(hub.requests()[0].header("authorization"), "Bearer hf_secret");
  EXPECT_EQ(store.requests()[0].path, "/g?signature=1");
  EXPECT_EQ(store.requests()[0].headers.count("authorization"), 0u);
}

TEST_F(DownloadTest, TheTokenStaysWithItsServer) {
  TestServer server([&](const Seen& seen) -> Answer {
    if (seen.path == "/f") return {.status = 307, .headers = {{"Location", "/moved"}}};
    return serve_file(seen, whole_, kEtag);
  });
  DownloadRequest wanted = known(server, whole_);
  wanted.token = "hf_secret";
  EXPECT_EQ(run(wanted), DownloadEnd::kDownloaded);
  EXPECT_EQ(server.requests()[1].header("authorization"), "Bearer hf_secret");
}

TEST_F(DownloadTest, FollowsOnlyToTheWebAndNotForEver) {
  std::string location;
  TestServer server([&](const Seen&) -> Answer {
    return {.status = 302, .headers = {{"Location", location}}};
  });
  for (const char* elsewhere : {"file:///etc/passwd", "ftp://127.0.0.1/f", "gopher://127.0.0.1/"}) {
    location = elsewhere;
    expect_error(
        ErrorKind::kCorrupt,
        [&] { run(request(server)); },
        "expected a URL of http or https",
        elsewhere);
  }
  location = "/f";
  expect_error(
      ErrorKind::kCorrupt, [&] { run(request(server)); }, "redirects more than 10 times");
  EXPECT_THAT(listing(), IsEmpty());
}

TEST_F(DownloadTest, TellsWhenOneIsOffline) {
  std::string url;
  {
    TestServer gone([](const Seen&) { return Answer{}; });
    url = gone.url("/f");
  }
  expect_error(
      ErrorKind::kIo,
      [&] { run({.url = url, .target = target_}); },
      "cannot reach 127.0.0.1:",
      "is this computer offline?",
      "HF_ENDPOINT");
  EXPECT_THAT(listing(), IsEmpty());
}

TEST_F(DownloadTest, AnAnswerThatIsNotHttpIsAnError) {
  TestServer server([&](const Seen&) {
    return Answer{.headers = {{"X", std::string(300'000, 'x')}}};
  });
  EXPECT_THROW(run(request(server)), Error);
  EXPECT_THAT(listing(), IsEmpty());
}

TEST_F(DownloadTest, RefusesWrongUrlsAndTokens) {
  for (const char* url : {"", "/f", "file:///etc/passwd", "ftp://127.0.0.1/f"}) {
    expect_error(
        ErrorKind::kInvalidInput,
        [&] { run({.url = url, .target = target_}); },
        "no URL that can be downloaded");
  }
  TestServer server([](const Seen&) { return Answer{}; });
  DownloadRequest wanted = request(server);
  wanted.token = "a\r\nHost: elsewhere";
  expect_error(
      ErrorKind::kInvalidInput, [&] { run(wanted); }, "line break");
  EXPECT_THAT(server.requests(), IsEmpty());
}

TEST_F(DownloadTest, OnlyOneProgramDownloadsAFile) {
  TestServer server([&](const Seen& seen) { return serve_file(seen, whole_, kEtag); });
  bool tried = false;
  EXPECT_EQ(run(known(server, whole_),
                {.progress =
                     [&](const Progress&) {
                       if (std::exchange(tried, true)) return;
                       expect_error(
                           ErrorKind::kIo,
                           [&] { run(known(server, whole_)); },
                           "being downloaded by another program");
                     }}),
            DownloadEnd::kDownloaded);
  EXPECT_TRUE(tried);
  EXPECT_EQ(read_text_file(target_), whole_);
}

TEST_F(DownloadTest, AFolderInThePlaceOfTheFileIsRefused) {
  TestServer server([&](const Seen& seen) { return serve_file(seen, whole_, kEtag); });
  fs::create_directory(target_);
  expect_error(
      ErrorKind::kIo, [&] { run(known(server, whole_)); }, "cannot replace", "directory");
}

}  // namespace
}  // namespace lienzo::hub
