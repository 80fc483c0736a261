#include "lienzo/cli/whole_number.h"

#include <gtest/gtest.h>

#include <cstdint>

namespace lienzo::cli {
namespace {

TEST(ParseWholeNumber, ReadsDecimals) {
  EXPECT_EQ(parse_whole_number<int>("42"), 42);
  EXPECT_EQ(parse_whole_number<int>("-3"), -3);
  EXPECT_EQ(parse_whole_number<int>("010"), 10);  // not eight
  EXPECT_EQ(parse_whole_number<uint64_t>("18446744073709551615"), UINT64_MAX);
}

TEST(ParseWholeNumber, RefusesTheRest) {
  for (const char* text :
       {"", " ", "-", "-1", "+1", " 1", "1 ", "0x10", "1e3", "1.0", "18446744073709551616"})
    EXPECT_EQ(parse_whole_number<uint64_t>(text), std::nullopt) << text;
  EXPECT_EQ(parse_whole_number<int>("2147483648"), std::nullopt);
}

}  // namespace
}  // namespace lienzo::cli
