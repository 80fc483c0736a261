#include "lienzo/text/prompt_chunks.h"

#include <gtest/gtest.h>

#include <chrono>

#include "../base/expect_error.h"
#include "clip_golden.h"
#include "text_golden.h"

namespace lienzo::text {
namespace {

/// Values that the generator wrote as [value, how many].
template <class T>
std::vector<T> expand(const Json& runs) {
  std::vector<T> values;
  for (const Json& run : runs) values.resize(values.size() + run[1].get<size_t>(), run[0].get<T>());
  return values;
}

std::string repeat(const std::string& text, int times) {
  std::string result;
  for (int i = 0; i < times; ++i) result += text;
  return result;
}

// tools/golden/prompt_chunks.py asked AUTOMATIC1111's web UI.
TEST(PromptChunks, AreThoseOfTheReference) {
  const ClipTokenizer tokenizer = golden::tiny_clip();
  const Json rows = golden::read("prompt_chunks.json").at("rows");
  ASSERT_EQ(rows.size(), 34u);
  for (const Json& row : rows) {
    const auto prompt = row.at("prompt").get<std::string>();
    const PromptChunks ours = chunk_prompt(
        tokenizer,
        parse_attention(prompt),
        {.pad = row.at("pad").get<int>(), .comma_backtrack = row.at("backtrack").get<int>()});
    EXPECT_EQ(ours.tokens, row.at("tokens").get<int>()) << prompt;
    const Json& chunks = row.at("chunks");
    ASSERT_EQ(ours.chunks.size(), chunks.size()) << prompt;
    for (size_t i = 0; i < chunks.size(); ++i) {
      EXPECT_EQ(ours.chunks[i].ids, expand<int>(chunks[i][0])) << prompt;
      EXPECT_EQ(ours.chunks[i].weights, expand<float>(chunks[i][1])) << prompt;
    }
  }
}

TEST(PromptChunks, PointAtTheFirstEndToken) {
  const ClipTokenizer tokenizer = golden::tiny_clip();
  const auto ends = [&](const std::string& prompt, int pad) {
    std::vector<int> positions;
    for (const TokenChunk& chunk : chunk_prompt(tokenizer, parse_attention(prompt), {pad}).chunks)
      positions.push_back(chunk.end_position);
    return positions;
  };
  for (const int pad : {0, tokenizer.end_id()}) {
    EXPECT_EQ(ends("", pad), (std::vector<int>{1}));
    EXPECT_EQ(ends("low cat", pad), (std::vector<int>{3}));
    EXPECT_EQ(ends("low <|endoftext|> cat", pad), (std::vector<int>{2}));
    EXPECT_EQ(ends(repeat("low ", 78), pad), (std::vector<int>{76, 4}));
  }
}

TEST(PromptChunks, UseThePadOfTheTokenizerByDefault) {
  const ClipTokenizer tokenizer = golden::tiny_clip();
  const auto last = [](const ClipTokenizer& with) {
    return chunk_prompt(with, parse_attention("low")).chunks.at(0).ids.back();
  };
  EXPECT_EQ(last(tokenizer), tokenizer.end_id());
  EXPECT_EQ(last(tokenizer.with_pad_token("!")), *tokenizer.token_id("!"));
}

TEST(PromptChunks, CanBeMadeEquallyMany) {
  const ClipTokenizer tokenizer = golden::tiny_clip();
  PromptChunks prompt = chunk_prompt(tokenizer, parse_attention(repeat("low ", 160)));
  PromptChunks negative = chunk_prompt(tokenizer, parse_attention("cat"));
  const TokenChunk empty = chunk_prompt(tokenizer, parse_attention("")).chunks.at(0);
  equalise_chunks(tokenizer, prompt, negative);
  ASSERT_EQ(prompt.chunks.size(), 3u);
  ASSERT_EQ(negative.chunks.size(), 3u);
  EXPECT_EQ(negative.chunks[2].ids, empty.ids);
  EXPECT_EQ(negative.chunks[2].weights, std::vector<float>(77, 1));
  EXPECT_EQ(negative.chunks[2].end_position, 1);
  EXPECT_EQ(negative.tokens, 1);
}

TEST(PromptChunks, RefuseOptionsThatCannotBe) {
  const ClipTokenizer tokenizer = golden::tiny_clip();
  const auto chunk = [&](const ChunkOptions& options) { chunk_prompt(tokenizer, {}, options); };
  expect_error(
      ErrorKind::kInvalidInput, [&] { chunk({.pad = 49407}); }, "pad id 49407");
  expect_error(
      ErrorKind::kInvalidInput, [&] { chunk({.comma_backtrack = -1}); }, "backtrack -1");
}

TEST(TruncatedPrompt, SaysWhatWasCut) {
  const ClipTokenizer tokenizer = golden::tiny_clip();
  const TruncatedPrompt whole = truncate_prompt(tokenizer, "(low:1.3) BREAK");
  EXPECT_EQ(whole.cut_tokens, 0);
  EXPECT_EQ(whole.cut_text, "");
  EXPECT_EQ(whole.chunk.ids, tokenizer.encode("(low:1.3) BREAK").ids);
  EXPECT_EQ(whole.chunk.weights, std::vector<float>(77, 1));
  EXPECT_EQ(whole.chunk.ids[whole.chunk.end_position], tokenizer.end_id());
  const TruncatedPrompt cut =
      truncate_prompt(tokenizer, repeat("low ", 74) + "Cat and the END!", 0);
  EXPECT_EQ(cut.cut_tokens, 4);
  EXPECT_EQ(cut.cut_text, "and the end !");
  EXPECT_EQ(cut.chunk.end_position, 76);
}

TEST(PromptChunks, TakeAHundredThousandCharacters) {
  const ClipTokenizer tokenizer = golden::tiny_clip();
  const auto start = std::chrono::steady_clock::now();
  const PromptChunks chunks = chunk_prompt(tokenizer, parse_attention(repeat("low ", 25'000)));
  EXPECT_EQ(chunks.tokens, 25'000);
  EXPECT_EQ(chunks.chunks.size(), 334u);
  EXPECT_GT(chunk_prompt(tokenizer, parse_attention(std::string(100'000, ','))).tokens, 50'000);
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(10));
}

}  // namespace
}  // namespace lienzo::text
