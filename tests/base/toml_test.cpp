#include "lienzo/base/toml.h"

#include "expect_error.h"

namespace lienzo {
namespace {

TEST(Toml, BecomesJsonInTheOrderOfTheFile) {
  const Json json = parse_toml(R"(
zeta = 1
alpha = "ñ"
rate = 2.5e-4
on = true
list = [1, [2, 3]]
when = 2024-02-29
[train.optimizer]
name = "adamw"
[[stage]]
n = 1
[[stage]]
n = 2
)",
                               "recipe.toml");
  EXPECT_EQ(
      json.dump(),
      R"({"zeta":1,"alpha":"ñ","rate":0.00025,"on":true,"list":[1,[2,3]],"when":"2024-02-29",)"
      R"("train":{"optimizer":{"name":"adamw"}},"stage":[{"n":1},{"n":2}]})");
}

TEST(Toml, ReportsLineAndColumn) {
  const auto kind = ErrorKind::kInvalidInput;
  expect_error(
      kind, [] { parse_toml("a = 1\nb = = 2\n", "recipe.toml"); }, "recipe.toml: line 2, column 5");
  expect_error(
      kind, [] { parse_toml("a = 1\na = 2\n", "recipe.toml"); }, "recipe.toml: line 2");
  expect_error(
      kind, [] { parse_toml("a = \"\xff\"\n", "recipe.toml"); }, "recipe.toml: line 1");
  expect_error(
      kind,
      [] { parse_toml("a = " + std::string(100000, '['), "recipe.toml"); },
      "recipe.toml: line 1");
}

TEST(Toml, AcceptsAnEmptyFile) { EXPECT_EQ(parse_toml("", "recipe.toml"), Json::object()); }

}  // namespace
}  // namespace lienzo
