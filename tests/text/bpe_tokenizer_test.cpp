#include "lienzo/text/bpe_tokenizer.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <filesystem>
#include <thread>

#include "lienzo/base/error.h"
#include "text_golden.h"

namespace lienzo::text {
namespace {

class GoldenTokenizer : public testing::TestWithParam<const char*> {
 protected:
  BpeTokenizer tokenizer() const {
    return BpeTokenizer::load(golden::path(std::string(GetParam()) + ".tokenizer.json"));
  }
  Json rows() const { return golden::read(std::string(GetParam()) + ".encodings.json").at("rows"); }
};

TEST_P(GoldenTokenizer, EncodesAndDecodesLikeTheReference) {
  const BpeTokenizer ours = tokenizer();
  const Json cases = rows();
  ASSERT_GT(cases.size(), 300u);
  for (int pass = 0; pass < 2; ++pass) {  // the second pass reads from the word cache
    for (const Json& row : cases) {
      const auto text = row.at("text").get<std::string>();
      const std::vector<int> ids = ours.encode(text);
      EXPECT_EQ(ids, row.at("ids").get<std::vector<int>>()) << row.dump();
      EXPECT_EQ(ours.decode(ids), row.at("decoded").get<std::string>()) << row.dump();
      EXPECT_EQ(ours.decode(ids, /*skip_special_tokens=*/false),
                row.at("decoded_with_special").get<std::string>())
          << row.dump();
    }
  }
}

TEST_P(GoldenTokenizer, WritesTheFileThatTheReferenceWrote) {
  EXPECT_EQ(nlohmann::json(tokenizer().to_json()),
            nlohmann::json(golden::read(std::string(GetParam()) + ".tokenizer.json")));
}

TEST_P(GoldenTokenizer, SurvivesSaveAndLoad) {
  const std::filesystem::path path =
      std::filesystem::path(testing::TempDir()) /
      ("lienzo_tokenizer_" + std::string(GetParam()) + ".json");  // tests run side by side
  const BpeTokenizer ours = tokenizer();
  ours.save(path);
  const BpeTokenizer again = BpeTokenizer::load(path);
  EXPECT_EQ(again.to_json(), ours.to_json());
  EXPECT_EQ(again.vocab_size(), ours.vocab_size());
  std::filesystem::remove(path);
}

INSTANTIATE_TEST_SUITE_P(Text,
                         GoldenTokenizer,
                         testing::Values("plain", "normalized"),
                         [](const auto& variant) { return std::string(variant.param); });

BpeTokenizer plain() { return BpeTokenizer::load(golden::path("plain.tokenizer.json")); }

TEST(BpeTokenizer, DecodesCharactersCutInHalfLikeTheReference) {
  const BpeTokenizer tokenizer = plain();
  const Json cases = golden::read("partial_decodings.json").at("rows");
  int replaced = 0;
  for (const Json& row : cases) {
    const auto expected = row.at("decoded").get<std::string>();
    EXPECT_EQ(tokenizer.decode(row.at("ids").get<std::vector<int>>()), expected) << row.dump();
    replaced += expected.find("\uFFFD") != std::string::npos;
  }
  EXPECT_GT(replaced, 50);
}

TEST(BpeTokenizer, KnowsItsTokens) {
  const BpeTokenizer tokenizer = plain();
  EXPECT_EQ(tokenizer.token_id("<pad>"), 0);
  EXPECT_EQ(tokenizer.vocab_size(), 506);
  ASSERT_TRUE(tokenizer.token_id("Ġcubo").has_value());
  EXPECT_EQ(tokenizer.decode(std::vector{*tokenizer.token_id("Ġcubo")}), " cubo");
  EXPECT_FALSE(tokenizer.token_id("guacamole").has_value());
}

TEST(BpeTokenizer, TakesSpecialTokensAsTextOnRequest) {
  const BpeTokenizer tokenizer = plain();
  EXPECT_EQ(tokenizer.encode("<pad>"), std::vector<int>{0});
  const std::vector<int> ids = tokenizer.encode("<pad>", SpecialTokens::kAsText);
  EXPECT_GT(ids.size(), 1u);
  EXPECT_EQ(tokenizer.decode(ids), "<pad>");
}

TEST(BpeTokenizer, TakesWholeTokensWhenMergesAreIgnored) {
  BpeDefinition definition = plain().definition();
  definition.vocab.push_back("xyz");  // no merge makes it
  EXPECT_EQ(BpeTokenizer(definition).encode("xyz").size(), 3u);
  definition.ignore_merges = true;
  EXPECT_EQ(BpeTokenizer(definition).encode("xyz"), std::vector<int>{506});
}

TEST(BpeTokenizer, RefusesWhatIsNoText) {
  const BpeTokenizer tokenizer = plain();
  for (const std::string text :
       {"\xff", "ab\xc3", "\xed\xa0\x80", "\xc0\xaf", "\xf4\x90\x80\x80", "cubo \x80 rojo"}) {
    try {
      tokenizer.encode(text);
      ADD_FAILURE() << "accepted";
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::kInvalidInput);
    }
  }
  EXPECT_THROW(tokenizer.decode(std::vector{506}), Error);
  EXPECT_THROW(tokenizer.decode(std::vector{-1}), Error);
}

TEST(BpeTokenizer, EncodesFromManyThreads) {
  const BpeTokenizer tokenizer = plain();
  const Json cases = golden::read("plain.encodings.json").at("rows");
  std::atomic<int> wrong = 0;
  std::vector<std::thread> threads;
  for (size_t shift = 0; shift < 4; ++shift) {
    threads.emplace_back([&, shift] {
      for (size_t i = 0; i < cases.size(); ++i) {
        const Json& row = cases[(i + shift * cases.size() / 4) % cases.size()];
        wrong += tokenizer.encode(row.at("text").get<std::string>()) !=
                 row.at("ids").get<std::vector<int>>();
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(wrong, 0);
}

// Far below what a build without optimisation reaches (bench/ has the real figure), far above a
// quadratic encoder.
TEST(BpeTokenizer, EncodesLongTextAndLongWordsInReasonableTime) {
  const BpeTokenizer tokenizer = plain();
  std::string text;
  for (const std::string& line : golden::corpus()) text += line + "\n";
  while (text.size() < 1'000'000) text += text;
  const std::string word(1'000'000, 'a');
  const auto start = std::chrono::steady_clock::now();
  EXPECT_GT(tokenizer.encode(text).size(), 100'000u);
  EXPECT_GT(tokenizer.encode(word).size(), 10'000u);
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(10));
}

}  // namespace
}  // namespace lienzo::text
