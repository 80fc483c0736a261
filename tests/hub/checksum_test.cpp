#include "lienzo/hub/checksum.h"

#include <gtest/gtest.h>

namespace lienzo::hub {
namespace {

Checksum of(ChecksumKind kind, std::string_view text) {
  ChecksumBuilder builder(kind, text.size());
  // In two pieces.
  builder.add(std::as_bytes(std::span(text.substr(0, text.size() / 2))));
  builder.add(std::as_bytes(std::span(text.substr(text.size() / 2))));
  return builder.finish();
}

// FIPS 180-2, appendix B.1.
TEST(Checksum, Sha256) {
  EXPECT_EQ(to_string(of(ChecksumKind::kSha256, "abc")),
            "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

// printf 'abc' | git hash-object --stdin, and of nothing.
TEST(Checksum, GitBlob) {
  EXPECT_EQ(to_string(of(ChecksumKind::kGitBlob, "abc")),
            "git:f2ba8f84ab5c1bce84a7b441cb1959cfc7093b7f");
  EXPECT_EQ(to_string(of(ChecksumKind::kGitBlob, "")),
            "git:e69de29bb2d1d6434b8b29ae775ad8c2e48c5391");
}

TEST(Checksum, None) { EXPECT_EQ(of(ChecksumKind::kNone, "abc"), Checksum{}); }

TEST(Checksum, KnowsHexadecimalDigits) {
  EXPECT_TRUE(is_hex("0af9", 4));
  EXPECT_FALSE(is_hex("0af9", 5));
  EXPECT_FALSE(is_hex("0AF9", 4));
  EXPECT_FALSE(is_hex("0ag9", 4));
}

}  // namespace
}  // namespace lienzo::hub
