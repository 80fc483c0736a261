#include "lienzo/base/config_reader.h"

#include <cstdint>

#include "expect_error.h"

namespace lienzo {
namespace {

ConfigReader reader(const char* json) { return {Json::parse(json), "recipe.toml"}; }

TEST(ConfigReader, ReadsEveryType) {
  ConfigReader config = reader(
      R"({"flag": true, "count": -3, "large": 9007199254740993, "seed": 18446744073709551615, "rate": 0.5,
          "whole": 2, "name": "ñandú", "sizes": [1, 2], "words": ["a", "b"], "any": {"x": 1}})");
  bool flag = false;
  int count = 0;
  int64_t large = 0;
  uint64_t seed = 0;
  double rate = 0, whole = 0;
  std::string name;
  std::vector<int64_t> sizes;
  std::vector<std::string> words;
  Json any;
  config.required("flag", flag);
  config.required("count", count);
  config.required("large", large);
  config.required("seed", seed);
  config.required("rate", rate);
  config.required("whole", whole);
  config.required("name", name);
  config.required("sizes", sizes);
  config.required("words", words);
  config.required("any", any);
  config.finish();
  EXPECT_TRUE(flag);
  EXPECT_EQ(count, -3);
  EXPECT_EQ(large, 9007199254740993);
  EXPECT_EQ(seed, UINT64_MAX);
  EXPECT_EQ(rate, 0.5);
  EXPECT_EQ(whole, 2.0);
  EXPECT_EQ(name, "ñandú");
  EXPECT_EQ(sizes, (std::vector<int64_t>{1, 2}));
  EXPECT_EQ(words, (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(any["x"], 1);
}

TEST(ConfigReader, KeepsTheDefaultOfAnAbsentKey) {
  ConfigReader config = reader("{}");
  int steps = 7;
  config.optional("steps", steps);
  ConfigReader train = config.child("train");
  train.optional("steps", steps);
  train.finish();
  config.finish();
  EXPECT_EQ(steps, 7);
  EXPECT_TRUE(config.children("stages").empty());
}

TEST(ConfigReader, NamesAnUnknownKeyAndWhatWasMeant) {
  ConfigReader config = reader(R"({"train": {"stepz": 3}})");
  ConfigReader train = config.child("train");
  int steps = 0;
  train.optional("steps", steps);
  expect_error(
      ErrorKind::kInvalidInput,
      [&] { train.finish(); },
      "recipe.toml: [train] unknown key 'stepz', did you mean 'steps'?");
  EXPECT_NO_THROW(config.finish());
}

TEST(ConfigReader, SuggestsNothingThatIsFar) {
  ConfigReader config = reader(R"({"banana": 3})");
  int steps = 0;
  config.optional("steps", steps);
  try {
    config.finish();
    FAIL();
  } catch (const Error& error) {
    EXPECT_STREQ(error.what(), "recipe.toml: unknown key 'banana'");
  }
}

TEST(ConfigReader, ReportsTheWrongType) {
  ConfigReader config = reader(
      R"({"steps": "many", "rate": true, "flag": 1, "half": 2.5, "huge": 3000000000, "negative": -1, "list": [1, "x"],
          "name": 3})");
  int number = 5;
  double rate = 0;
  bool flag = false;
  uint64_t unsigned_number = 0;
  std::vector<int> list;
  std::string name;
  const auto kind = ErrorKind::kInvalidInput;
  expect_error(
      kind,
      [&] { config.required("steps", number); },
      "recipe.toml: 'steps'",
      "got \"many\"",
      "whole number");
  expect_error(
      kind, [&] { config.required("rate", rate); }, "'rate'", "got true", "a number");
  expect_error(
      kind, [&] { config.required("flag", flag); }, "'flag'", "got 1", "true or false");
  expect_error(
      kind, [&] { config.required("half", number); }, "'half'", "got 2.5", "whole number");
  expect_error(
      kind, [&] { config.required("huge", number); }, "'huge'", "got 3000000000", "2147483647");
  expect_error(
      kind,
      [&] { config.required("negative", unsigned_number); },
      "'negative'",
      "got -1",
      "from 0");
  expect_error(
      kind, [&] { config.required("list", list); }, "'list'", "got [1,\"x\"]", "a list, each item");
  expect_error(
      kind, [&] { config.required("name", name); }, "'name'", "got 3", "a text");
  EXPECT_EQ(number, 5) << "a failed read must not touch its target";
}

TEST(ConfigReader, RefusesNumbersThatAreNotFinite) {
  ConfigReader config(Json{{"rate", std::numeric_limits<double>::infinity()}}, "recipe.toml");
  double rate = 0;
  expect_error(
      ErrorKind::kInvalidInput, [&] { config.optional("rate", rate); }, "'rate'", "got inf");
}

TEST(ConfigReader, ReportsAMissingKeyAndItsMisspelling) {
  ConfigReader config = reader(R"({"stesp": 3})");
  int value = 0;
  expect_error(
      ErrorKind::kInvalidInput,
      [&] { config.required("steps", value); },
      "'steps' is missing",
      "'stesp'");
  expect_error(
      ErrorKind::kInvalidInput,
      [&] { config.required("seed", value); },
      "'seed' is missing",
      "whole number");
}

TEST(ConfigReader, WalksNestedSectionsAndLists) {
  ConfigReader config =
      reader(R"({"train": {"optimizer": {"rate": "x"}}, "stages": [{"n": 1}, {"n": "x"}, 4]})");
  ConfigReader optimizer = config.child("train").child("optimizer");
  double rate = 0;
  expect_error(
      ErrorKind::kInvalidInput,
      [&] { optimizer.optional("rate", rate); },
      "[train.optimizer] 'rate'");
  expect_error(
      ErrorKind::kInvalidInput, [&] { config.children("stages"); }, "[stages[2]]", "got 4");
  expect_error(
      ErrorKind::kInvalidInput, [&] { config.children("train"); }, "'train'", "a list of sections");
}

TEST(ConfigReader, RefusesWhatIsNotASection) {
  ConfigReader config = reader(R"({"train": 3})");
  expect_error(
      ErrorKind::kInvalidInput,
      [&] { config.child("train"); },
      "recipe.toml: [train]",
      "section",
      "got 3");
  expect_error(
      ErrorKind::kInvalidInput,
      [] { ConfigReader(Json::array(), "recipe.toml"); },
      "recipe.toml",
      "[]");
}

TEST(ConfigReader, ShortensLongValues) {
  ConfigReader config(Json{{"n", std::string(10000, 'a')}}, "recipe.toml");
  int value = 0;
  try {
    config.optional("n", value);
    FAIL();
  } catch (const Error& error) {
    EXPECT_LT(std::string(error.what()).size(), 300u);
  }
}

}  // namespace
}  // namespace lienzo
