#include "lienzo/cli/size.h"

#include <gtest/gtest.h>

#include "lienzo/base/error.h"

namespace lienzo::cli {
namespace {

TEST(ParseSize, ReadsOneOrTwoNumbers) {
  EXPECT_EQ(parse_size("256").width, 256);
  EXPECT_EQ(parse_size("256").height, 256);
  EXPECT_EQ(parse_size("512x128").width, 512);
  EXPECT_EQ(parse_size("512X128").height, 128);
}

TEST(ParseSize, RefusesTheRest) {
  for (const char* text : {"",
                           "x",
                           "256x",
                           "x256",
                           "0",
                           "0x256",
                           "-1x5",
                           "256x256x256",
                           "256 x 256",
                           "1e3",
                           "16385",
                           "99999999999999999999"}) {
    EXPECT_THROW(parse_size(text), Error) << text;
  }
}

}  // namespace
}  // namespace lienzo::cli
