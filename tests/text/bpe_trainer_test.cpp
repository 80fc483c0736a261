#include "lienzo/text/bpe_trainer.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "lienzo/base/error.h"
#include "lienzo/text/bpe_tokenizer.h"
#include "text_golden.h"

namespace lienzo::text {
namespace {

const std::vector<std::string> kSpecial = {"<pad>", "<start>", "<end>"};

BpeTrainOptions plain_options() {
  return {.vocab_size = 700, .min_frequency = 2, .special_tokens = kSpecial};
}

TEST(BpeTrainer, LearnsWhatTheReferenceLearns) {
  const BpeTokenizer trained = BpeTokenizer::train(golden::corpus(), plain_options());
  EXPECT_EQ(nlohmann::json(trained.to_json()),
            nlohmann::json(golden::read("plain.tokenizer.json")));
}

TEST(BpeTrainer, LearnsWhatTheReferenceLearnsFromNormalizedText) {
  const BpeTokenizer trained =
      BpeTokenizer::train(golden::corpus(),
                          {.vocab_size = 420,
                           .min_frequency = 3,
                           .special_tokens = kSpecial,
                           .normalizer = {NormalizerStep::kNfc, NormalizerStep::kLowercase},
                           .add_prefix_space = true});
  nlohmann::json expected = golden::read("normalized.tokenizer.json");
  expected.at("added_tokens").erase(3);  // the generator adds this one after training
  EXPECT_EQ(nlohmann::json(trained.to_json()), expected);
}

TEST(BpeTrainer, DoesNotDependOnTheOrderOfTexts) {
  std::vector<std::string> lines = golden::corpus();
  const BpeTokenizer forwards = BpeTokenizer::train(lines, plain_options());
  std::reverse(lines.begin(), lines.end());
  EXPECT_EQ(BpeTokenizer::train(lines, plain_options()).to_json(), forwards.to_json());
}

TEST(BpeTrainer, TakesTheLowestIdsAmongEquals) {
  // "ab", "cd" and "ce" twice each: a < c and d < e decide.
  const std::vector<std::string> texts = {"ce", "cd", "ab", "ce", "cd", "ab"};
  const BpeDefinition learnt = BpeTokenizer::train(texts, {.vocab_size = 270}).definition();
  using Merge = std::pair<std::string, std::string>;
  ASSERT_GE(learnt.merges.size(), 3u);
  EXPECT_EQ(learnt.merges[0], Merge("a", "b"));
  EXPECT_EQ(learnt.merges[1], Merge("c", "d"));
  EXPECT_EQ(learnt.merges[2], Merge("c", "e"));
}

TEST(BpeTrainer, NeverMergesRarePairs) {
  const BpeTrainOptions options{.vocab_size = 300, .min_frequency = 3};
  EXPECT_TRUE(BpeTokenizer::train({"ab ab"}, options).definition().merges.empty());
  EXPECT_EQ(BpeTokenizer::train({"ab,ab,ab"}, options).definition().merges.size(), 1u);
}

TEST(BpeTrainer, LearnsNothingFromNothing) {
  const BpeTokenizer tokenizer =
      BpeTokenizer::train(std::vector<std::string>{"", ""}, {.vocab_size = 1000});
  EXPECT_EQ(tokenizer.vocab_size(), 256);
  EXPECT_EQ(tokenizer.decode(tokenizer.encode("¡aún así! 🌙")), "¡aún así! 🌙");
}

TEST(BpeTrainer, RefusesImpossibleOptions) {
  const auto kind = [](const BpeTrainOptions& options, const std::string& text = "a") {
    try {
      BpeTokenizer::train({text}, options);
    } catch (const Error& error) {
      return error.kind();
    }
    return ErrorKind::kInternal;
  };
  EXPECT_EQ(kind({.vocab_size = 258, .special_tokens = kSpecial}), ErrorKind::kInvalidInput);
  EXPECT_EQ(kind({.vocab_size = -1}), ErrorKind::kInvalidInput);
  EXPECT_EQ(kind({.special_tokens = {"<pad>", "<pad>"}}), ErrorKind::kInvalidInput);
  EXPECT_EQ(kind({.special_tokens = {""}}), ErrorKind::kInvalidInput);
  EXPECT_EQ(kind({.special_tokens = {"\xff"}}), ErrorKind::kInvalidInput);
  EXPECT_EQ(kind({}, "\xff"), ErrorKind::kInvalidInput);
}

}  // namespace
}  // namespace lienzo::text
