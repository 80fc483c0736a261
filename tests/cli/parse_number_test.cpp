#include "lienzo/cli/parse_number.h"

#include <gtest/gtest.h>

#include <cstdint>

namespace lienzo::cli {
namespace {

TEST(ParseNumber, ReadsDecimals) {
  EXPECT_EQ(parse_number<int>("42"), 42);
  EXPECT_EQ(parse_number<int>("-3"), -3);
  EXPECT_EQ(parse_number<int>("010"), 10);  // not eight
  EXPECT_EQ(parse_number<uint64_t>("18446744073709551615"), UINT64_MAX);
  EXPECT_EQ(parse_number<double>("-1.5e2"), -150.0);
}

TEST(ParseNumber, RefusesTheRest) {
  for (const char* text :
       {"", " ", "-", "-1", "+1", " 1", "1 ", "0x10", "1e3", "1.0", "18446744073709551616"})
    EXPECT_EQ(parse_number<uint64_t>(text), std::nullopt) << text;
  EXPECT_EQ(parse_number<int>("2147483648"), std::nullopt);
  for (const char* text : {"", "1.5x", " 1.5", "1,5", "0x1p3", "1e999"})
    EXPECT_EQ(parse_number<double>(text), std::nullopt) << text;
}

}  // namespace
}  // namespace lienzo::cli
