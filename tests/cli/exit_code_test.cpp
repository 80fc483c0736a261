#include "lienzo/cli/exit_code.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <new>
#include <stdexcept>

namespace lienzo::cli {
namespace {

TEST(ExitCode, IsTheDocumentedOneForEveryKind) {
  EXPECT_EQ(exit_code(ErrorKind::kInternal), 1);
  EXPECT_EQ(exit_code(ErrorKind::kInvalidInput), 2);
  EXPECT_EQ(exit_code(ErrorKind::kNotFound), 3);
  EXPECT_EQ(exit_code(ErrorKind::kCorrupt), 4);
  EXPECT_EQ(exit_code(ErrorKind::kUnsupported), 5);
  EXPECT_EQ(exit_code(ErrorKind::kOutOfMemory), 6);
  EXPECT_EQ(exit_code(ErrorKind::kIo), 7);
  EXPECT_EQ(exit_code(ErrorKind::kCancelled), 130);
}

TEST(DescribeFailure, KeepsOurMessages) {
  const Failure failure = describe_failure(Error(ErrorKind::kCorrupt, "[x] damaged"));
  EXPECT_EQ(failure.code, 4);
  EXPECT_EQ(failure.message, "[x] damaged");
}

TEST(DescribeFailure, KnowsWhenMemoryRanOut) {
  EXPECT_EQ(describe_failure(std::bad_alloc()).code, 6);
  // As libtorch says it, whose errors are all of one class.
  EXPECT_EQ(
      describe_failure(std::runtime_error("DefaultCPUAllocator: can't allocate memory: you tried"))
          .code,
      6);
  EXPECT_EQ(
      describe_failure(std::runtime_error("CUDA out of memory. Tried to allocate 2 GiB")).code, 6);
}

TEST(DescribeFailure, CutsForeignMessagesToOneLine) {
  const Failure failure = describe_failure(std::logic_error("bad\nframe #0: somewhere"));
  EXPECT_EQ(failure.code, 1);
  EXPECT_EQ(failure.message, "internal error: bad");
}

TEST(DescribeFailure, TranslatesFileErrors) {
  const auto failure_of = [](std::errc code) {
    return describe_failure(
        std::filesystem::filesystem_error("x", "/a/b", std::make_error_code(code)));
  };
  EXPECT_EQ(failure_of(std::errc::no_such_file_or_directory).code, 3);
  EXPECT_EQ(failure_of(std::errc::permission_denied).code, 7);
  EXPECT_EQ(failure_of(std::errc::permission_denied).message, "/a/b: Permission denied");
}

}  // namespace
}  // namespace lienzo::cli
