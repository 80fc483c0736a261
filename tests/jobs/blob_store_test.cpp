#include "lienzo/jobs/blob_store.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <fstream>
#include <string>
#include <string_view>

#include "../base/expect_error.h"
#include "../weights/temporary_folder.h"
#include "lienzo/base/file.h"
#include "lienzo/jobs/ulid.h"

namespace lienzo::jobs {
namespace {

namespace fs = std::filesystem;
using std::chrono::seconds;

constexpr const char* kAbc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

bool keep_none(const std::string&) { return false; }

class BlobStoreTest : public testing::Test {
 protected:
  std::string put(const std::string& text) {
    return blobs_.put(std::as_bytes(std::span(text.data(), text.size())));
  }
  static void make_old(const fs::path& path) {
    const timespec times[] = {{1000, 0}, {1000, 0}};
    ASSERT_EQ(utimensat(AT_FDCWD, path.c_str(), times, 0), 0);
  }

  const weights::TemporaryFolder folder_;
  const BlobStore blobs_{folder_ / "a/b"};
};

TEST_F(BlobStoreTest, GivesBackWhatItWasGiven) {
  EXPECT_EQ(put("abc"), kAbc);
  EXPECT_EQ(blobs_.path(kAbc), folder_.path() / "a/b/ba/78" / kAbc);
  EXPECT_EQ(blobs_.read(kAbc), "abc");
  const std::string all("\0\xff\n", 3);
  EXPECT_EQ(blobs_.read(put(all)), all);
  EXPECT_EQ(blobs_.read(put("")), "");
  EXPECT_TRUE(blobs_.remove(kAbc));
  EXPECT_FALSE(blobs_.remove(kAbc));
  EXPECT_FALSE(blobs_.contains(kAbc));
}

TEST_F(BlobStoreTest, TheSameBytesAreWrittenOnce) {
  put("abc");
  struct stat first {
  }, second{};
  ::stat(blobs_.path(kAbc).c_str(), &first);
  put("abc");
  ::stat(blobs_.path(kAbc).c_str(), &second);
  EXPECT_EQ(first.st_ino, second.st_ino);
}

TEST_F(BlobStoreTest, RefusesWhatIsNoDigest) {
  const std::string good(64, 'a');
  for (const std::string& bad : {std::string(),
                                 std::string("../../etc/passwd"),
                                 std::string(64, 'A'),
                                 good + "a",
                                 std::string(63, 'a'),
                                 std::string(63, 'a') + "/",
                                 "../" + std::string(61, 'a'),
                                 std::string(63, 'a') + std::string(1, '\0')}) {
    EXPECT_FALSE(is_digest(bad));
    expect_error(
        ErrorKind::kInvalidInput, [&] { blobs_.path(bad); }, "hexadecimal");
    expect_error(
        ErrorKind::kInvalidInput, [&] { blobs_.read(bad); }, "hexadecimal");
    expect_error(
        ErrorKind::kInvalidInput, [&] { blobs_.contains(bad); }, "hexadecimal");
    expect_error(
        ErrorKind::kInvalidInput, [&] { blobs_.remove(bad); }, "hexadecimal");
    expect_error(
        ErrorKind::kInvalidInput, [&] { blobs_.touch(bad); }, "hexadecimal");
  }
  expect_error(
      ErrorKind::kNotFound, [&] { blobs_.read(good); }, good);
  EXPECT_FALSE(blobs_.contains(good));
  EXPECT_FALSE(blobs_.touch(good));
}

TEST_F(BlobStoreTest, SweepsWhatNobodyNeeds) {
  const std::string kept = put("kept"), gone = put("gone"), young = put("young");
  make_old(blobs_.path(kept));
  make_old(blobs_.path(gone));
  EXPECT_EQ(blobs_.sweep(seconds(60), [&](const std::string& id) { return id == kept; }), 1);
  EXPECT_TRUE(blobs_.contains(kept));
  EXPECT_FALSE(blobs_.contains(gone));
  EXPECT_TRUE(blobs_.contains(young));
}

TEST_F(BlobStoreTest, WhatIsPutAgainWhileItIsSweptStays) {
  const std::string id = put("abc");
  make_old(blobs_.path(id));
  EXPECT_EQ(blobs_.sweep(seconds(60), [&](const std::string&) { return put("abc"), false; }), 0);
  EXPECT_TRUE(blobs_.contains(id));
}

TEST_F(BlobStoreTest, LeavesFilesOfOthersAlone) {
  const fs::path stranger = folder_ / "a/b/ba/78/notes.txt";
  put("abc");
  write_file_atomic(stranger, "x");
  make_old(stranger);
  fs::create_symlink(stranger, folder_ / "a/b/ba/78" / std::string(64, 'a'));
  EXPECT_EQ(blobs_.sweep(seconds(0), keep_none), 1);
  EXPECT_TRUE(fs::exists(stranger));
}

TEST_F(BlobStoreTest, AKillWhileWritingLeavesNothingUnderTheName) {
  // A child that dies in the middle: the file is larger than it may write.
  const std::string large(1 << 20, 'x');
  const pid_t child = fork();
  if (child == 0) {
    const rlimit little = {1 << 16, 1 << 16};
    setrlimit(RLIMIT_FSIZE, &little);
    const rlimit no_core = {0, 0};
    setrlimit(RLIMIT_CORE, &no_core);
    put(large);  // SIGXFSZ kills
    _exit(0);
  }
  int status = 0;
  waitpid(child, &status, 0);
  ASSERT_TRUE(WIFSIGNALED(status));
  int left = 0;
  for (const auto& entry : fs::recursive_directory_iterator(folder_.path())) {
    if (!entry.is_regular_file() || entry.path().filename() == ".lock") continue;
    EXPECT_EQ(entry.path().extension(), ".tmp");
    make_old(entry.path());
    ++left;
  }
  EXPECT_EQ(left, 1);
  EXPECT_EQ(blobs_.sweep(seconds(60), [](const std::string&) { return true; }), 1);
  EXPECT_EQ(blobs_.read(put(large)), large);
}

TEST_F(BlobStoreTest, AFullDiskIsSaid) {
  const auto old_handler = std::signal(SIGXFSZ, SIG_IGN);
  rlimit before{};
  getrlimit(RLIMIT_FSIZE, &before);
  const rlimit little = {1 << 16, before.rlim_max};
  setrlimit(RLIMIT_FSIZE, &little);
  expect_error(
      ErrorKind::kIo, [&] { put(std::string(1 << 20, 'x')); }, "write");
  setrlimit(RLIMIT_FSIZE, &before);
  std::signal(SIGXFSZ, old_handler);
  EXPECT_EQ(blobs_.sweep(seconds(0), keep_none), 0) << "nothing is left behind";
}

TEST(BlobStore, SaysWhereItCannotWrite) {
  expect_error(
      ErrorKind::kIo, [] { BlobStore("/proc/nowhere"); }, "/proc/nowhere", "choose");
  const weights::TemporaryFolder folder;
  write_file_atomic(folder / "file", "x");
  expect_error(
      ErrorKind::kIo, [&] { BlobStore(folder / "file"); }, "make the folder");
}

TEST(Ulid, SortsByTime) {
  constexpr std::string_view kDigits = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
  const auto time_of = [&](const std::string& ulid) {
    EXPECT_EQ(ulid.size(), 26u);
    EXPECT_EQ(ulid.find_first_not_of(kDigits), std::string::npos);
    Millis time = 0;
    for (const char digit : ulid.substr(0, 10))
      time = 32 * time + static_cast<Millis>(kDigits.find(digit));
    return time;
  };
  // Later than whatever was given before.
  const Millis first = std::max<Millis>(time_of(new_ulid(0)) + 1, 1'700'000'000'000);
  std::string last = new_ulid(first);
  EXPECT_EQ(time_of(last), first);
  // Within a millisecond, later, and when the clock is put back.
  for (const Millis now : std::vector<Millis>{first, first, first + 1, 5}) {
    const std::string next = new_ulid(now);
    EXPECT_GT(next, last);
    last = next;
  }
  EXPECT_EQ(time_of(last), first + 1);
  EXPECT_NE(random_token(), random_token());
  EXPECT_EQ(random_token().size(), 32u);
}

TEST(JobState, HasNames) {
  for (const JobState state : {JobState::kQueued,
                               JobState::kRunning,
                               JobState::kDone,
                               JobState::kFailed,
                               JobState::kCancelled}) {
    EXPECT_EQ(job_state_from_name(name(state)), state);
  }
  expect_error(
      ErrorKind::kInvalidInput, [] { job_state_from_name("Done"); }, "'Done'", "cancelled");
}

}  // namespace
}  // namespace lienzo::jobs
