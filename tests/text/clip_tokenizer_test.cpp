#include "lienzo/text/clip_tokenizer.h"

#include <gtest/gtest.h>

#include "../base/expect_error.h"
#include "clip_golden.h"

namespace lienzo::text {
namespace {

using Ids = std::vector<int>;

// The vocabulary and its answer stand in transformers, tests/models/clip/test_tokenization_clip.py.
TEST(ClipTokenizer, AnswersTheExampleOfTheReference) {
  EXPECT_EQ(golden::tiny_clip().tokenize("lower newer"), (Ids{10, 2, 16, 9, 3, 2, 16}));
}

TEST(ClipTokenizer, FramesCutsAndPads) {
  const ClipTokenizer tokenizer = golden::tiny_clip();
  EXPECT_EQ(tokenizer.start_id(), 21);
  EXPECT_EQ(tokenizer.end_id(), 22);
  EXPECT_EQ(tokenizer.pad_id(), 22);
  const ClipEncoding padded = tokenizer.encode("lower", 7);
  EXPECT_EQ(padded.ids, (Ids{21, 10, 2, 16, 22, 22, 22}));
  EXPECT_EQ(padded.attention, (Ids{1, 1, 1, 1, 1, 0, 0}));
  EXPECT_EQ(padded.cut, Ids{});
  EXPECT_EQ(tokenizer.encode("lower", 7, /*pad=*/0).ids, (Ids{21, 10, 2, 16, 22, 0, 0}));
  const ClipEncoding cut = tokenizer.encode("lower newer", 5);
  EXPECT_EQ(cut.ids, (Ids{21, 10, 2, 16, 22}));
  EXPECT_EQ(cut.attention, (Ids{1, 1, 1, 1, 1}));
  EXPECT_EQ(cut.cut, (Ids{9, 3, 2, 16}));
  EXPECT_EQ(tokenizer.encode("lower").ids.size(), 77u);
  EXPECT_EQ(tokenizer.encode("lower", 2).ids, (Ids{21, 22}));
}

TEST(ClipTokenizer, RefusesLengthsPadsAndBytesThatCannotBe) {
  const ClipTokenizer tokenizer = golden::tiny_clip();
  const auto kind = ErrorKind::kInvalidInput;
  expect_error(
      kind, [&] { tokenizer.encode("a", 1); }, "length 1, expected at least 2");
  expect_error(
      kind, [&] { tokenizer.encode("a", 77, 100'000); }, "pad id 100000");
  expect_error(
      kind, [&] { tokenizer.encode("a", 77, -1); }, "pad id -1");
  expect_error(
      kind, [&] { tokenizer.tokenize("a\xff"); }, "text");
}

TEST(ClipTokenizer, RecognisesSpecialTokensAsTheyAreWritten) {
  const ClipTokenizer tokenizer = golden::tiny_clip();
  EXPECT_EQ(tokenizer.tokenize("<|endoftext|>l<|startoftext|>"), (Ids{22, 11, 21}));
  EXPECT_GT(tokenizer.tokenize("<|ENDOFTEXT|>").size(), 1u);
}

TEST(ClipTokenizer, TakesThePadTokenForSpecial) {
  const ClipTokenizer tokenizer = golden::tiny_clip();
  const int mark = *tokenizer.token_id("!");
  const int word = *tokenizer.token_id("!</w>");
  EXPECT_EQ(tokenizer.tokenize("l!"), (Ids{11, word}));
  const ClipTokenizer padded = tokenizer.with_pad_token("!");
  EXPECT_EQ(padded.pad_id(), mark);
  EXPECT_EQ(padded.tokenize("l!"), (Ids{11, mark}));
  const ClipTokenizer back = padded.with_pad_token("<|endoftext|>");
  EXPECT_EQ(back.pad_id(), back.end_id());
  EXPECT_EQ(back.tokenize("l!"), (Ids{11, word}));
  expect_error(
      ErrorKind::kCorrupt, [&] { tokenizer.with_pad_token("<pad>"); }, "'<pad>'");
}

TEST(ClipTokenizer, DecodesWords) {
  const ClipTokenizer tokenizer = golden::tiny_clip();
  EXPECT_EQ(tokenizer.decode(tokenizer.encode("Lower  the\ncat's 😀 .").ids),
            "lower the cat 's 😀 .");
  EXPECT_EQ(tokenizer.decode({}), "");
}

TEST(ClipTokenizer, RefusesTokenizersOfOtherKinds) {
  expect_error(
      ErrorKind::kUnsupported,
      [] {
        ClipTokenizer::load(std::string(LIENZO_TEST_DATA) + "/golden/text/plain.tokenizer.json");
      },
      "is not a tokenizer of CLIP");
}

// Far below what a build without optimisation reaches, far above a quadratic encoder.
// In quadratic time this would not end before the test's limit.
TEST(ClipTokenizer, TakesLongTextAndLongWords) {
  const ClipTokenizer tokenizer = golden::tiny_clip();
  std::string text;
  while (text.size() < 1'000'000) text += "the cat and the end, 😀 ";
  EXPECT_GT(tokenizer.tokenize(text).size(), 100'000u);
  EXPECT_GT(tokenizer.tokenize(std::string(1'000'000, 'a')).size(), 100'000u);
  EXPECT_GT(tokenizer.tokenize(std::string(1'000'000, '!')).size(), 100'000u);
}

}  // namespace
}  // namespace lienzo::text
