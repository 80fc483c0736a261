#include "lienzo/base/printable.h"

#include <gtest/gtest.h>

namespace lienzo {
namespace {

TEST(Printable, KeepsTextInOneShortLine) {
  EXPECT_EQ(printable("año"), "año");
  EXPECT_EQ(printable("a\x1b[2Jb\n"), "a\\x1b[2Jb\\x0a");
  EXPECT_EQ(printable("\xff\x80"), "\\xff\\x80");
  EXPECT_EQ(printable("ññññ", 5), "ññ");
}

}  // namespace
}  // namespace lienzo
