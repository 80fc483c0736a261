#include "lienzo/text/wildcards.h"

#include <gtest/gtest.h>

#include <map>

#include "../base/expect_error.h"

namespace lienzo::text {
namespace {

using Lines = std::vector<std::string>;

const WildcardFiles kWildcards = [](const std::string& name) -> std::optional<Lines> {
  static const std::map<std::string, Lines> files = {{"animal", {"cat", "dog", "{old|young} fox"}},
                                                     {"empty", {}},
                                                     {"self", {"a __self__"}},
                                                     {"both", {"__animal__"}}};
  const auto found = files.find(name);
  return found == files.end() ? std::nullopt : std::optional(found->second);
};

Lines expanded(std::string_view prompt, size_t limit = 100) {
  const Expansion expansion = expand_wildcards(prompt, kWildcards, limit);
  if (limit == 100) {
    EXPECT_EQ(expansion.count, expansion.prompts.size());
  }
  return expansion.prompts;
}

TEST(Wildcards, APlainPromptStandsForItself) {
  EXPECT_EQ(expanded("a (red:1.2) cube, [x|y] __ and _ |"),
            (Lines{"a (red:1.2) cube, [x|y] __ and _ |"}));
  EXPECT_EQ(expanded(""), (Lines{""}));
}

TEST(Wildcards, CountsAllChoicesTheLastChangingFastest) {
  EXPECT_EQ(expanded("{a|b} {1|2|}"), (Lines{"a 1", "a 2", "a ", "b 1", "b 2", "b "}));
  EXPECT_EQ(expanded("{x{1|2}|y}!"), (Lines{"x1!", "x2!", "y!"}));
}

TEST(Wildcards, ReadsFilesWithChoicesInThem) {
  EXPECT_EQ(expanded("a __animal__"), (Lines{"a cat", "a dog", "a old fox", "a young fox"}));
  EXPECT_EQ(expanded("__both__"), (Lines{"cat", "dog", "old fox", "young fox"}));
}

TEST(Wildcards, SignsCanBeWritten) {
  EXPECT_EQ(expanded("\\{a\\|b\\} \\__animal__"), (Lines{"{a|b} __animal__"}));
}

TEST(Wildcards, CountsWhatNobodyCouldList) {
  std::string prompt;
  for (int i = 0; i < 100; ++i) prompt += "{a|b}";
  const Expansion expansion = expand_wildcards(prompt, kWildcards, 3);
  EXPECT_EQ(expansion.count, uint64_t{1} << 63);
  ASSERT_EQ(expansion.prompts.size(), 3U);
  EXPECT_EQ(expansion.prompts[0], std::string(100, 'a'));
  EXPECT_EQ(expansion.prompts[1], std::string(99, 'a') + "b");
  EXPECT_EQ(expansion.prompts[2], std::string(98, 'a') + "ba");
}

TEST(Wildcards, RefusesWhatMakesNoSense) {
  const auto fails = [](std::string_view prompt, const char* why) {
    expect_error(
        ErrorKind::kInvalidInput, [&] { expanded(prompt); }, why);
  };
  fails("a {b", "'{' without its '}'");
  fails("a b}", "'}' without its '{'");
  fails("__nothing__", "'nothing', which is not there");
  fails("__empty__", "'empty', which is empty");
  fails("__self__", "more than 8 deep");
  fails(std::string(100, '{') + std::string(100, '}'), "more than 32 deep");
  fails(std::string(100'001, 'a'), "at most 100000");
  EXPECT_FALSE(is_wildcard_name("../secret"));
  EXPECT_FALSE(is_wildcard_name(".hidden"));
  EXPECT_FALSE(is_wildcard_name(""));
  EXPECT_TRUE(is_wildcard_name("old_animals-2.v1"));
}

}  // namespace
}  // namespace lienzo::text
