#include "lienzo/base/file_stamp.h"

#include <gtest/gtest.h>

#include <fstream>

#include "expect_error.h"
#include "lienzo/base/file.h"

namespace lienzo {
namespace {

namespace fs = std::filesystem;

class FileStampTest : public testing::Test {
 protected:
  void SetUp() override {
    path_ = fs::path(testing::TempDir()) / "stamped";
    write_file_atomic(path_, "numbers");
  }
  void TearDown() override { fs::remove(path_); }
  fs::path path_;
};

TEST_F(FileStampTest, NoticesWhatIsWrittenInPlace) {
  const FileStamp stamp(path_);
  stamp.require_unchanged();
  std::ofstream(path_, std::ios::app) << "and more";
  expect_error(
      ErrorKind::kIo, [&] { stamp.require_unchanged(); }, "was written to while it was in use");
}

TEST_F(FileStampTest, NoticesOtherBytesOfTheSameLength) {
  const FileStamp stamp(path_);
  std::fstream(path_) << "letters";
  fs::last_write_time(path_, fs::last_write_time(path_) + std::chrono::seconds(1));
  expect_error(
      ErrorKind::kIo, [&] { stamp.require_unchanged(); }, "load it again");
}

TEST_F(FileStampTest, AFileThatWasReplacedOrRemovedIsStillWhatItWas) {
  const FileStamp stamp(path_);
  write_file_atomic(path_, "other numbers");
  stamp.require_unchanged();
  fs::remove(path_);
  stamp.require_unchanged();
}

TEST_F(FileStampTest, NeedsAFile) {
  expect_error(
      ErrorKind::kIo, [&] { FileStamp stamp(path_ / "none"); }, "stamped");
  expect_error(
      ErrorKind::kNotFound, [&] { FileStamp stamp("/nowhere/file"); }, "/nowhere/file");
}

}  // namespace
}  // namespace lienzo
