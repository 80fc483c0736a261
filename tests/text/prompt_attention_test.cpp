#include "lienzo/text/prompt_attention.h"

#include <gtest/gtest.h>

#include <chrono>

#include "../base/expect_error.h"
#include "lienzo/text/prompt_scan.h"

namespace lienzo::text {

bool operator==(const WeightedText& a, const WeightedText& b) {
  return a.text == b.text && a.weight == b.weight;
}

void PrintTo(const WeightedText& piece, std::ostream* out) {  // NOLINT: GoogleTest's name
  *out << '\'' << piece.text << "' x " << piece.weight;
}

namespace {

using WeightedPieces = std::vector<WeightedText>;

TEST(PromptAttention, WeighsBrackets) {
  EXPECT_EQ(parse_attention("a (b) [c]"),
            (WeightedPieces{{"a ", 1}, {"b", 1.1}, {" ", 1}, {"c", 1 / 1.1}}));
  EXPECT_EQ(parse_attention("(a:1.3)"), (WeightedPieces{{"a", 1.3}}));
  EXPECT_EQ(parse_attention("((a:2):3)"), (WeightedPieces{{"a", 6}}));
  EXPECT_EQ(parse_attention("\\(a:1.3\\)"), (WeightedPieces{{"(a:1.3)", 1}}));
  EXPECT_EQ(parse_attention(""), (WeightedPieces{{"", 1}}));
}

TEST(PromptAttention, MarksBreaksOutsideBracketsOnly) {
  const WeightedPieces pieces = parse_attention("a, BREAK, b");
  EXPECT_EQ(pieces, (WeightedPieces{{"a,", 1}, {"BREAK", -1}, {", b", 1}}));
  EXPECT_TRUE(is_break(pieces[1]));
  EXPECT_FALSE(is_break(pieces[0]));
  for (const WeightedText& piece : parse_attention("(a BREAK b)")) EXPECT_FALSE(is_break(piece));
}

TEST(PromptAttention, RefusesWhatIsNoWeight) {
  const auto kind = ErrorKind::kInvalidInput;
  expect_error(
      kind, [] { parse_attention("(a:1.2.3)"); }, "'1.2.3' is not a number");
  expect_error(
      kind, [] { parse_attention("(so happy :.)"); }, "'.' is not a number", "\\( \\)");
  expect_error(
      kind, [] { parse_attention("(a:" + std::string(400, '9') + ")"); }, "is out of range");
  const std::string large = "((a:" + std::string(300, '9') + "):" + std::string(300, '9') + ")";
  expect_error(
      kind, [&] { parse_attention(large); }, "'a' is too large");
  expect_error(
      kind, [] { parse_attention("a\xff"); }, "text");
}

TEST(PromptAttention, TakesHugePromptsOrSaysWhyNot) {
  const auto start = std::chrono::steady_clock::now();
  const size_t size = 100'000;
  EXPECT_EQ(parse_attention(std::string(size, 'a')).size(), 1u);
  EXPECT_EQ(parse_attention(std::string(size, ')')).size(), 1u);
  EXPECT_EQ(parse_attention(std::string(size, ':')).size(), 1u);
  EXPECT_EQ(parse_attention(std::string(size, '\\')).front().text.size(), size / 2);
  EXPECT_EQ(parse_attention(std::string(size, ' ')).size(), 1u);
  for (const char bracket : {'(', '['}) {
    expect_error(
        ErrorKind::kInvalidInput,
        [&] { parse_attention(std::string(size, bracket)); },
        "nested deeper than 1000 levels");
  }
  std::string deep = std::string(kDeepestBrackets, '(');
  for (size_t i = 0; i < size / 2; ++i) deep += "a[";
  EXPECT_THROW(parse_attention(deep), Error);
  std::string wide = std::string(kDeepestBrackets - 1, '(');
  for (size_t i = 0; i < size / 4; ++i) wide += "a[b]";
  EXPECT_GT(parse_attention(wide).size(), size / 4);
  std::string breaks;
  for (size_t i = 0; i < size / 6; ++i) breaks += "BREAK ";
  EXPECT_GT(parse_attention(breaks).size(), size / 6);
  expect_error(
      ErrorKind::kInvalidInput,
      [] { parse_attention(std::string(kLongestPrompt + 1, 'a')); },
      "1048577 bytes, expected at most 1048576");
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(10));
}

}  // namespace
}  // namespace lienzo::text
