#include "lienzo/base/model_card.h"

#include <gtest/gtest.h>

#include "lienzo/base/file.h"

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

}  // namespace
}  // namespace lienzo
