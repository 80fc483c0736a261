#include "lienzo/weights/zip_index.h"

#include <gtest/gtest.h>

#include <ostream>

#include "../base/expect_error.h"
#include "hand_made.h"

namespace lienzo::weights {
namespace {

using namespace hand_made;

ZipIndex parse_zip(const std::string& file) {
  return parse_zip_index(bytes_of(file), "hostile.pth");
}

const ZipFiles kFiles = {{"a/data.pkl", "pickle"}, {"a/data/0", std::string(100, 'x')}, {"e", ""}};

TEST(ZipIndex, SaysWhereFilesLie) {
  const Zip zip = zip_of(kFiles);
  const ZipIndex index = parse_zip(zip.bytes);
  ASSERT_EQ(index.size(), 3u);
  const ZipEntry entry = index.at("a/data/0");
  EXPECT_EQ(zip.bytes.substr(entry.offset, entry.bytes), std::string(100, 'x'));
  EXPECT_EQ(index.at("e").bytes, 0u);
}

TEST(ZipIndex, ReadsZip64) {
  const Zip zip = zip_of(kFiles, /*zip64=*/true);
  const ZipIndex index = parse_zip(zip.bytes);
  ASSERT_EQ(index.size(), 3u);
  const ZipEntry entry = index.at("a/data.pkl");
  EXPECT_EQ(zip.bytes.substr(entry.offset, entry.bytes), "pickle");
}

TEST(ZipIndex, AcceptsACommentAndNoFiles) {
  Zip zip = zip_of(kFiles);
  EXPECT_EQ(parse_zip(zip.with(zip.end + 20, le(5, 2)) + "words").size(), 3u);
  EXPECT_EQ(parse_zip(zip_of({}).bytes).size(), 0u);
}

TEST(ZipIndex, EveryCutIsRefused) {
  for (const bool zip64 : {false, true}) {
    const std::string good = zip_of(kFiles, zip64).bytes;
    for (size_t length = 0; length < good.size(); ++length)
      EXPECT_THROW(parse_zip(good.substr(0, length)), Error) << length;
  }
}

/// One way to be wrong, and what the message must say about it.
struct WrongZip {
  const char* what;
  std::string file;
  ErrorKind kind;
  const char* message;
  friend void PrintTo(const WrongZip& wrong, std::ostream* out) { *out << wrong.what; }
};

std::string named(const std::string& name) { return zip_of({{name, "x"}}).bytes; }

std::vector<WrongZip> wrong_zips() {
  const Zip zip = zip_of(kFiles);
  const Zip zip64 = zip_of(kFiles, /*zip64=*/true);
  const size_t first = zip.central[0];
  const size_t second = zip.central[1];
  const size_t locator = zip64.end + 56;
  constexpr ErrorKind kCorrupt = ErrorKind::kCorrupt;
  constexpr ErrorKind kUnsupported = ErrorKind::kUnsupported;
  return {
      {"Empty", "", kCorrupt, "got 0 bytes"},
      {"NoDirectory", "PK\3\4 and so on", kCorrupt, "may be an unfinished download"},
      {"BytesBefore", "junk" + zip.bytes, kCorrupt, "not where its end says"},
      {"BytesBehind", zip.bytes + "junk", kCorrupt, "without the directory at its end"},
      {"Divided", zip.with(zip.end + 4, le(1, 2)), kUnsupported, "divided"},
      {"DirectoryElsewhere", zip.with(zip.end + 6, le(1, 2)), kUnsupported, "divided"},
      {"EntryElsewhere", zip.with(first + 34, le(1, 2)), kUnsupported, "divided"},
      {"OtherCount", zip.with(zip.end + 8, le(2, 2)), kUnsupported, "divided"},
      {"TooManyEntries", zip.with(zip.end + 8, le(9, 2) + le(9, 2)), kCorrupt, "shorter than"},
      {"TooFewEntries", zip.with(zip.end + 8, le(2, 2) + le(2, 2)), kCorrupt, "longer than"},
      {"DirectoryTooLong", zip.with(zip.end + 12, le(9999, 4)), kCorrupt, "not where"},
      {"DirectoryBeyond", zip.with(zip.end + 16, le(0x7fffffff, 4)), kCorrupt, "not where"},
      {"DirectoryShifted", zip.with(zip.end + 16, le(first - 1, 4)), kCorrupt, "not where"},
      {"EntrySignature", zip.with(first, "PK\1\3"), kCorrupt, "directory is damaged"},
      {"NameBeyond", zip.with(zip.central[2] + 28, le(500, 2)), kCorrupt, "cut off"},
      {"ExtraBeyond", zip.with(zip.central[2] + 30, le(500, 2)), kCorrupt, "cut off"},
      {"CommentBeyond", zip.with(zip.central[2] + 32, le(500, 2)), kCorrupt, "cut off"},
      {"Encrypted", zip.with(first + 8, le(1, 2)), kUnsupported, "'a/data.pkl' of the archive is"},
      {"StronglyEncrypted", zip.with(first + 8, le(64, 2)), kUnsupported, "encrypted"},
      {"MaskedHeaders", zip.with(first + 8, le(8192, 2)), kUnsupported, "encrypted"},
      {"Deflated", zip.with(first + 10, le(8, 2)), kUnsupported, "is compressed (method 8)"},
      {"TwoSizes", zip.with(first + 20, le(7, 4)), kCorrupt, "two sizes, 7 and 6"},
      {"TooLong",
       zip.with(second + 20, le(9000, 4) + le(9000, 4)),
       kCorrupt,
       "does not fit, got 9000"},
      {"ReachesIntoTheNext",
       zip.with(second + 20, le(101, 4) + le(101, 4)),
       kCorrupt,
       "overlap at byte"},
      {"SameData", zip.with(second + 42, le(0, 4)), kCorrupt, "another name than the directory"},
      {"LocalBeyond", zip.with(second + 42, le(0x7fffffff, 4)), kCorrupt, "header of file"},
      {"LocalInDirectory", zip.with(second + 42, le(first, 4)), kCorrupt, "is damaged"},
      {"LocalSignature", zip.with(zip.local[1], "PK\3\5"), kCorrupt, "is damaged"},
      {"LocalName", zip.with(zip.local[1] + 30, "b"), kCorrupt, "another name"},
      {"LocalNameBeyond", zip.with(zip.local[2] + 26, le(500, 2)), kCorrupt, "is damaged"},
      {"LocalCompressed", zip.with(zip.local[1] + 8, le(8, 2)), kCorrupt, "contradicts"},
      {"LocalEncrypted", zip.with(zip.local[1] + 6, le(1, 2)), kCorrupt, "contradicts"},
      {"LocalExtraBeyond", zip.with(zip.local[2] + 28, le(500, 2)), kCorrupt, "is damaged"},
      {"TwoOfAName", zip_of({{"a", "1"}, {"a", "2"}}).bytes, kCorrupt, "are named 'a'"},
      {"NoName", named(""), kCorrupt, "has the name ''"},
      {"Absolute", named("/etc/passwd"), kCorrupt, "stays inside"},
      {"Upwards", named("../x"), kCorrupt, "stays inside"},
      {"UpwardsInside", named("a/../../x"), kCorrupt, "stays inside"},
      {"UpwardsAtTheEnd", named("a/.."), kCorrupt, "stays inside"},
      {"Backslash", named("..\\x"), kCorrupt, "stays inside"},
      {"ZeroInAName", named(std::string("a\0b", 3)), kCorrupt, "'a\\x00b'"},
      // Zip64.
      {"RecordElsewhere", zip64.with(locator + 8, le(3, 8)), kCorrupt, "zip64 record is not"},
      {"RecordBeyond", zip64.with(locator + 8, le(~0ULL, 8)), kCorrupt, "zip64 record is not"},
      {"RecordSize", zip64.with(zip64.end + 4, le(45, 8)), kCorrupt, "zip64 record has the wrong"},
      {"Zip64Divided", zip64.with(zip64.end + 16, le(1, 4)), kUnsupported, "divided"},
      {"Zip64Count",
       zip64.with(zip64.end + 24, le(1ULL << 60, 8) + le(1ULL << 60, 8)),
       kCorrupt,
       "too many files"},
      {"Zip64DirectoryBytes", zip64.with(zip64.end + 40, le(~0ULL, 8)), kCorrupt, "not where"},
      {"Zip64DirectoryOffset", zip64.with(zip64.end + 48, le(~0ULL, 8)), kCorrupt, "not where"},
      {"Zip64Lacking",
       zip64.with(zip64.central[0] + 46 + 10 + 5, le(2, 2)),
       kCorrupt,
       "lacks its zip64 numbers"},
      {"Zip64Short", zip64.with(zip64.central[0] + 46 + 10 + 7, le(99, 2)), kCorrupt, "cut off"},
      {"Zip64Sizes",
       zip64.with(zip64.central[0] + 46 + 10 + 9, le(~0ULL, 8) + le(~0ULL, 8)),
       kCorrupt,
       "does not fit"},
      {"Zip64Local",
       zip64.with(zip64.central[0] + 46 + 10 + 9 + 16, le(~0ULL, 8)),
       kCorrupt,
       "is damaged"},
  };
}

class WrongZipTest : public testing::TestWithParam<WrongZip> {};

TEST_P(WrongZipTest, IsRefusedWithItsReason) {
  expect_error(
      GetParam().kind, [] { parse_zip(GetParam().file); }, "[hostile.pth] ", GetParam().message);
}

INSTANTIATE_TEST_SUITE_P(All,
                         WrongZipTest,
                         testing::ValuesIn(wrong_zips()),
                         [](const testing::TestParamInfo<WrongZip>& test) {
                           return test.param.what;
                         });

}  // namespace
}  // namespace lienzo::weights
