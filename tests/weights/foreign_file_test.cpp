#include "lienzo/weights/foreign_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "hand_made.h"

namespace lienzo::weights {
namespace {

TEST(ForeignFile, SaysWhatAFileSeemsToBe) {
  const std::string tar = std::string(257, 'x') + "ustar" + std::string(300, '\0');
  const std::pair<std::string, const char*> kFiles[] = {
      {"", "an empty file; download it again"},
      {std::string(5000, '\0'), "begins with 1024 zeros; the file may be an unfinished download"},
      {"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\n", "a Git LFS pointer"},
      {"\n <!DOCTYPE html><html>", "a web page"},
      {"<html><head>", "a web page"},
      {"<?xml version=\"1.0\"?><Error><Code>AccessDenied</Code>", "a web page"},
      {"\x89HDF\r\n", "an HDF5 file, as Keras writes them; expected safetensors"},
      {"tjgg\1", "from before GGUF"},
      {"\x1f\x8b\x08", "gzip; unpack it first"},
      {"PK\5\6" + std::string(18, '\0'), "an empty zip archive"},
      {"\x80\x04\x95", "a Python pickle that torch.save did not write"},
      {tar, "a tar archive"},
      {std::string(100, 'x') + "ustar", "no weight file; expected safetensors"},
      {"   ", "no weight file"},
  };
  for (const auto& [bytes, words] : kFiles)
    EXPECT_THAT(describe_foreign_file(hand_made::bytes_of(bytes)), testing::HasSubstr(words));
}

}  // namespace
}  // namespace lienzo::weights
