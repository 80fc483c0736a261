#include "lienzo/base/model_card.h"

#include <gtest/gtest.h>

#include "lienzo/base/file.h"
#include "lienzo/base/printable.h"
#include "lienzo/base/trimmed.h"

namespace lienzo {
namespace {

TEST(LicenceOfCard, ReadsTheFrontMatter) {
  EXPECT_EQ(licence_of_card("---\nlicense: mit\n---\n# A"), "mit");
  EXPECT_EQ(licence_of_card("---\r\nlicense: \"open rail\"\r\n---\r\n"), "open rail");
  EXPECT_EQ(licence_of_card("---\nlicense: other\nlicense_name: own\ntags:\n- a: b\n---\n"), "own");
  EXPECT_EQ(licence_of_card("---\nlicense: a\x1b[2J\n---\n"), "a\\x1b[2J");
  EXPECT_EQ(licence_of_card("# A\n---\nlicense: mit\n---\n"), "");
  EXPECT_EQ(licence_of_card("---\ntags: []\n---\nlicense: mit\n"), "");
  EXPECT_EQ(licence_of_card(""), "");
}

TEST(LicenceOfCard, IsEmptyForAFolderWithoutACard) {
  const std::filesystem::path folder =
      std::filesystem::path(testing::TempDir()) / "lienzo_model_card";
  std::filesystem::create_directories(folder);
  EXPECT_EQ(licence_in(folder), "");
  write_file_atomic(folder / "README.md", "---\nlicense: mit\n---\n");
  EXPECT_EQ(licence_in(folder), "mit");
  std::filesystem::remove_all(folder);
}

TEST(Printable, KeepsTextInOneShortLine) {
  EXPECT_EQ(printable("año"), "año");
  EXPECT_EQ(printable("a\x1b[2Jb\n"), "a\\x1b[2Jb\\x0a");
  EXPECT_EQ(printable("\xff\x80"), "\\xff\\x80");
  EXPECT_EQ(printable("ññññ", 5), "ññ");
}

TEST(Trimmed, TakesBlanksOffBothEnds) {
  EXPECT_EQ(trimmed(" \t a b\r\n"), "a b");
  EXPECT_EQ(trimmed("a"), "a");
  EXPECT_EQ(trimmed(" \n"), "");
  EXPECT_EQ(trimmed(""), "");
}

}  // namespace
}  // namespace lienzo
