#include "lienzo/base/suggest.h"

#include <gtest/gtest.h>

#include <vector>

namespace lienzo {
namespace {

TEST(Suggest, EditDistance) {
  EXPECT_EQ(edit_distance("", ""), 0);
  EXPECT_EQ(edit_distance("", "abc"), 3);
  EXPECT_EQ(edit_distance("abc", ""), 3);
  EXPECT_EQ(edit_distance("kitten", "sitting"), 3);
  EXPECT_EQ(edit_distance("stesp", "steps"), 1);
  EXPECT_EQ(edit_distance("ca", "abc"), 3);  // optimal string alignment; unrestricted would be 2
}

TEST(Suggest, FindsTheNearestAndNothingFar) {
  const std::vector<std::string> names = {"euler", "heun", "ddim", "dpmpp_2m"};
  EXPECT_EQ(nearest_name("eular", names), "euler");
  EXPECT_EQ(nearest_name("dpmpp2m", names), "dpmpp_2m");
  EXPECT_EQ(nearest_name("plms", names), "");
  EXPECT_EQ(nearest_name("", names), "");
  EXPECT_EQ(nearest_name(std::string(100000, 'x'), names), "");
  EXPECT_EQ(suggestion("huen", names), ", did you mean 'heun'?");
  EXPECT_EQ(suggestion("zzzz", names), "");
}

}  // namespace
}  // namespace lienzo
