#include "lienzo/base/mapping_guard.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <string>

#include "expect_error.h"
#include "lienzo/base/file.h"
#include "lienzo/base/file_stamp.h"

namespace lienzo {
namespace {

namespace fs = std::filesystem;

TEST(MappingGuard, WhatWasCutFromAFileReadsAsZerosAndIsNoticed) {
  survive_cut_files();
  const fs::path path = fs::path(testing::TempDir()) / "cut";
  const auto page = static_cast<size_t>(::sysconf(_SC_PAGESIZE));
  write_file_atomic(path, std::string(3 * page, 'x'));
  const FileStamp stamp(path);
  {
    const MappedFile file(path);
    fs::resize_file(path, page);
    EXPECT_EQ(file.bytes()[0], std::byte{'x'});
    EXPECT_EQ(file.bytes()[2 * page + 5], std::byte{0});
    EXPECT_EQ(file.bytes()[page], std::byte{0});
  }
  expect_error(
      ErrorKind::kIo, [&] { stamp.require_unchanged(); }, "was written to");
  fs::remove(path);
}

TEST(MappingGuardDeathTest, OtherBusErrorsStillEndTheProcess) {
  const auto read_cut = [] {
    survive_cut_files();
    const fs::path path = fs::path(testing::TempDir()) / "cut_too";
    write_file_atomic(path, "some bytes");
    const int file = ::open(path.c_str(), O_RDONLY);
    const auto* data =
        static_cast<const volatile char*>(::mmap(nullptr, 10, PROT_READ, MAP_PRIVATE, file, 0));
    fs::resize_file(path, 0);
    return data[0];
  };
  EXPECT_EXIT(read_cut(), testing::KilledBySignal(SIGBUS), "");
}

}  // namespace
}  // namespace lienzo
