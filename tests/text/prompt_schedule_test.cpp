#include "lienzo/text/prompt_schedule.h"

#include <gtest/gtest.h>

#include <chrono>

#include "../base/expect_error.h"

namespace lienzo::text {

bool operator==(const ScheduledText& a, const ScheduledText& b) {
  return a.end_step == b.end_step && a.text == b.text;
}

void PrintTo(const ScheduledText& entry, std::ostream* out) {  // NOLINT: GoogleTest's name
  *out << '\'' << entry.text << "' up to " << entry.end_step;
}

namespace {

using Schedule = std::vector<ScheduledText>;

TEST(PromptSchedule, EditsAndAlternates) {
  EXPECT_EQ(prompt_schedule("a [cat:dog:0.5]", 10), (Schedule{{5, "a cat"}, {10, "a dog"}}));
  EXPECT_EQ(prompt_schedule("a [cat:3]", 10), (Schedule{{3, "a "}, {10, "a cat"}}));
  EXPECT_EQ(prompt_schedule("a [cat::3]", 10), (Schedule{{3, "a cat"}, {10, "a "}}));
  EXPECT_EQ(prompt_schedule("[a|b|c]", 4), (Schedule{{1, "a"}, {2, "b"}, {3, "c"}, {4, "a"}}));
  EXPECT_EQ(prompt_schedule("(plain:1.2) [text]", 4), (Schedule{{4, "(plain:1.2) [text]"}}));
}

TEST(PromptSchedule, GoesOnCountingInASecondPass) {
  EXPECT_EQ(prompt_schedule("[a:b:12]", 5, 10), (Schedule{{2, "a"}, {5, "b"}}));
  EXPECT_EQ(prompt_schedule("[a:b:1.5]", 4, 10), (Schedule{{2, "a"}, {4, "b"}}));
  EXPECT_EQ(prompt_schedule("[a:b:0.4]", 5, 10), (Schedule{{5, "b"}}));
}

// A mark that touches the end of a pair: the reference reads the pair as one or as text, depending
// on Python's hash seed.
TEST(PromptSchedule, ReadsPairsWhateverFollows) {
  EXPECT_EQ(prompt_schedule("[cat:dog:2]: x", 4), (Schedule{{2, "cat: x"}, {4, "dog: x"}}));
  EXPECT_EQ(prompt_schedule("[cat:dog:2]]", 4), (Schedule{{2, "cat]"}, {4, "dog]"}}));
}

TEST(PromptSchedule, RefusesStepsThatCannotBe) {
  const auto kind = ErrorKind::kInvalidInput;
  expect_error(
      kind, [] { prompt_schedule("a", 0); }, "0 steps after 0, expected at least 1");
  expect_error(
      kind, [] { prompt_schedule("a", 5, -1); }, "5 steps after -1");
  expect_error(
      kind, [] { prompt_schedule("[a:b:1e999]", 5); }, "1e999 is out of range");
}

TEST(PromptSchedule, TakesHugePromptsOrSaysWhyNot) {
  const auto start = std::chrono::steady_clock::now();
  const size_t size = 100'000;
  for (const char c : {'(', ')', '[', ']', ':', '|', 'a'}) {
    const std::string prompt(size, c);
    EXPECT_EQ(prompt_schedule(prompt, 20), (Schedule{{20, prompt}}));
  }
  const size_t depth = size / 4;
  std::string nested = std::string(depth, '[') + "a";
  for (size_t i = 0; i < depth; ++i) nested += ":5]";
  EXPECT_EQ(prompt_schedule(nested, 10).back().text, "a");
  std::string alternating = std::string(depth, '[') + "b";
  for (size_t i = 0; i < depth; ++i) alternating += "|]";
  EXPECT_EQ(prompt_schedule(alternating, 4)[0].text, "b");
  std::string many;
  for (size_t i = 0; i < size / 5; ++i) many += "[a|b]";
  EXPECT_EQ(prompt_schedule(many, 100).size(), 100u);
  expect_error(
      ErrorKind::kInvalidInput,
      [&] { prompt_schedule(many, 1000); },
      "100000 bytes that changes 1000 times",
      "at most 67108864 bytes");
  expect_error(
      ErrorKind::kInvalidInput, [] { prompt_schedule("[a|b]", 2'000'000'000); }, "too large");
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(10));
}

}  // namespace
}  // namespace lienzo::text
