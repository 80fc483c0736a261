#include "lienzo/base/file.h"

#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <fstream>

#include "expect_error.h"
#include "lienzo/base/hash.h"

namespace lienzo {
namespace {

namespace fs = std::filesystem;

std::string text_of(const MappedFile& file) {
  return {reinterpret_cast<const char*>(file.bytes().data()), file.bytes().size()};
}

class FileTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (fs::temp_directory_path() / "lienzo-file-XXXXXX").string();
    ASSERT_NE(mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
  }
  void TearDown() override { fs::remove_all(folder_); }

  std::vector<std::string> listing() const {
    std::vector<std::string> names;
    for (const auto& entry : fs::directory_iterator(folder_))
      names.push_back(entry.path().filename());
    return names;
  }

  fs::path folder_;
};

TEST_F(FileTest, WritesReadsAndMaps) {
  const fs::path path = folder_ / "a.txt";
  const std::string bytes("uno\0dos\n", 8);
  write_file_atomic(path, bytes);
  EXPECT_EQ(read_text_file(path), bytes);
  const MappedFile mapped(path);
  EXPECT_EQ(text_of(mapped), bytes);
  EXPECT_EQ(mapped.path(), path);
  EXPECT_THAT(listing(), testing::ElementsAre("a.txt"));
}

TEST_F(FileTest, MapsAnEmptyFile) {
  write_file_atomic(folder_ / "empty", "");
  EXPECT_TRUE(MappedFile(folder_ / "empty").bytes().empty());
  EXPECT_EQ(read_text_file(folder_ / "empty"), "");
}

TEST_F(FileTest, AMappingOutlivesItsReplacementAndItsMoves) {
  const fs::path path = folder_ / "a";
  write_file_atomic(path, "old");
  MappedFile first(path);
  write_file_atomic(path, "new and longer");
  MappedFile second(std::move(first));
  EXPECT_EQ(text_of(second), "old");
  first = MappedFile(path);
  EXPECT_EQ(text_of(first), "new and longer");
  first = std::move(second);
  EXPECT_EQ(text_of(first), "old");
}

TEST_F(FileTest, WritingToACopyOnWriteMappingLeavesTheFile) {
  const fs::path path = folder_ / "a";
  write_file_atomic(path, "old");
  const MappedFile mapped(path, Mapping::kCopyOnWrite);
  const_cast<std::byte*>(mapped.bytes().data())[0] = std::byte{'b'};
  EXPECT_EQ(text_of(mapped), "bld");
  EXPECT_EQ(read_text_file(path), "old");
}

TEST_F(FileTest, MissingFilesAreNotFound) {
  const fs::path path = folder_ / "nowhere" / "a.txt";
  expect_error(
      ErrorKind::kNotFound, [&] { MappedFile{path}; }, "cannot read", path.string());
  expect_error(
      ErrorKind::kNotFound, [&] { read_text_file(path); }, "cannot read", path.string());
  expect_error(
      ErrorKind::kNotFound, [&] { write_file_atomic(path, "x"); }, "cannot write", path.string());
  expect_error(
      ErrorKind::kNotFound, [&] { sha256_file(path); }, path.string());
}

TEST_F(FileTest, FoldersDevicesAndPipesAreNotFiles) {
  expect_error(
      ErrorKind::kIo, [&] { MappedFile{folder_}; }, "cannot read", "directory");
  expect_error(
      ErrorKind::kIo, [&] { read_text_file(folder_); }, "cannot read", "directory");
  expect_error(
      ErrorKind::kIo, [&] { write_file_atomic(folder_, "x"); }, "cannot write", "directory");
  expect_error(
      ErrorKind::kIo, [&] { read_text_file("/dev/zero"); }, "not a regular file");
  ASSERT_EQ(mkfifo((folder_ / "pipe").c_str(), 0600), 0);
  expect_error(
      ErrorKind::kIo, [&] { MappedFile{folder_ / "pipe"}; }, "not a regular file");
}

TEST_F(FileTest, RefusesTooLargeATextBeforeReadingIt) {
  std::ofstream(folder_ / "sparse") << "x";
  fs::resize_file(folder_ / "sparse", uintmax_t{1} << 40);
  expect_error(
      ErrorKind::kInvalidInput,
      [&] { read_text_file(folder_ / "sparse"); },
      "too large",
      "1099511627776");
  write_file_atomic(folder_ / "small", "1234");
  EXPECT_EQ(read_text_file(folder_ / "small", 4), "1234");
  expect_error(
      ErrorKind::kInvalidInput, [&] { read_text_file(folder_ / "small", 3); }, "at most 3");
}

TEST_F(FileTest, AFullDiskIsReported) {
  expect_error(
      ErrorKind::kIo,
      [] { write_file_atomic("/dev/full", "x"); },
      "/dev/full",
      "No space left",
      "free some");
  EXPECT_TRUE(fs::is_character_file("/dev/full")) << "a device must not be replaced by a file";
}

// A limit on the size of files makes the write fail half way, as a full disk does.
TEST_F(FileTest, AFailedWriteKeepsTheOldFileAndLeavesNothingBehind) {
  const fs::path path = folder_ / "a";
  write_file_atomic(path, "old");
  rlimit before{};
  ASSERT_EQ(getrlimit(RLIMIT_FSIZE, &before), 0);
  const auto previous = std::signal(SIGXFSZ, SIG_IGN);
  rlimit small = before;
  small.rlim_cur = 1000;
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &small), 0);
  expect_error(
      ErrorKind::kIo,
      [&] { write_file_atomic(path, std::string(5000, 'x')); },
      "cannot write",
      path.string());
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &before), 0);
  std::signal(SIGXFSZ, previous);
  EXPECT_EQ(read_text_file(path), "old");
  EXPECT_THAT(listing(), testing::ElementsAre("a"));
}

TEST_F(FileTest, AnAbandonedFileLeavesNothingBehind) {
  const fs::path path = folder_ / "a";
  write_file_atomic(path, "old");
  {
    AtomicFile file(path);
    file.write(std::as_bytes(std::span("half", 4)));
    EXPECT_EQ(read_text_file(path), "old") << "before commit() readers see the old file";
  }
  EXPECT_EQ(read_text_file(path), "old");
  EXPECT_THAT(listing(), testing::ElementsAre("a"));
}

// Root may read and write everything, so the refusal is tried by a child process without
// privileges.
template <class Action>
bool as_nobody(Action action) {
  const pid_t child = fork();
  if (child == 0) {
    constexpr uid_t kNobody = 65534;
    if (geteuid() == 0 && (setgid(kNobody) != 0 || setuid(kNobody) != 0)) _exit(2);
    try {
      action();
      _exit(1);
    } catch (const Error& error) {
      const std::string message = error.what();
      _exit(error.kind() == ErrorKind::kIo && message.find("Permission denied") != std::string::npos
                ? 0
                : 3);
    }
  }
  int status = 0;
  waitpid(child, &status, 0);
  return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

TEST_F(FileTest, NoPermissionIsReported) {
  const fs::path path = folder_ / "a";
  write_file_atomic(path, "secret");
  fs::permissions(path, fs::perms::none);
  fs::permissions(folder_, fs::perms::owner_read | fs::perms::owner_exec | fs::perms::others_exec);
  EXPECT_TRUE(as_nobody([&] { MappedFile{path}; }));
  EXPECT_TRUE(as_nobody([&] { read_text_file(path); }));
  EXPECT_TRUE(as_nobody([&] { write_file_atomic(path, "x"); }));
  EXPECT_TRUE(as_nobody([&] { write_file_atomic(folder_ / "new", "x"); }));
  fs::permissions(folder_, fs::perms::owner_all);
}

TEST_F(FileTest, AWriteProtectedFileInAWritableFolderIsNotReplaced) {
  const fs::path path = folder_ / "a";
  write_file_atomic(path, "kept");
  fs::permissions(path, fs::perms::owner_read | fs::perms::others_read);
  fs::permissions(folder_, fs::perms::all);
  EXPECT_TRUE(as_nobody([&] { write_file_atomic(path, "x"); }));
  EXPECT_EQ(read_text_file(path), "kept");
}

TEST_F(FileTest, KeepsPermissionsAndLinks) {
  const fs::path path = folder_ / "a";
  write_file_atomic(path, "one");
  fs::permissions(path, fs::perms::owner_read | fs::perms::owner_write);
  fs::create_symlink("a", folder_ / "link");
  write_file_atomic(folder_ / "link", "two");
  EXPECT_TRUE(fs::is_symlink(folder_ / "link"));
  EXPECT_EQ(read_text_file(path), "two");
  EXPECT_EQ(fs::status(path).permissions(), fs::perms::owner_read | fs::perms::owner_write);
}

TEST_F(FileTest, WritesIntoTheCurrentFolder) {
  const fs::path before = fs::current_path();
  fs::current_path(folder_);
  write_file_atomic("here.txt", "x");
  fs::current_path(before);
  EXPECT_EQ(read_text_file(folder_ / "here.txt"), "x");
}

// FIPS 180-2, appendix B.1.
TEST_F(FileTest, Sha256) {
  constexpr char kDigest[] = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
  EXPECT_EQ(sha256_hex(std::as_bytes(std::span("abc", 3))), kDigest);
  write_file_atomic(folder_ / "abc", "abc");
  EXPECT_EQ(sha256_file(folder_ / "abc"), kDigest);
  EXPECT_EQ(sha256_hex({}), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

}  // namespace
}  // namespace lienzo
