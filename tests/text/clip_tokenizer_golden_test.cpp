// Id for id against transformers' CLIPTokenizer; tools/golden/clip_tokens.py made the strings and
// the answers, and repeats here the rule by which the strings come about.

#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <vector>

#include "clip_golden.h"
#include "lienzo/base/hash.h"
#include "lienzo/base/utf8.h"

namespace lienzo::text {
namespace {

class SplitMix64 {
 public:
  explicit SplitMix64(uint64_t state) : state_(state) {}
  uint64_t next() {
    uint64_t z = state_ += 0x9E3779B97F4A7C15;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
    return z ^ (z >> 31);
  }

 private:
  uint64_t state_;
};

/// make_string of the generator.
std::string make_string(uint64_t seed, uint64_t k, const Json& pieces) {
  SplitMix64 random(seed + (k << 32));
  std::string text;
  const uint64_t count = 1 + random.next() % 24;
  for (uint64_t i = 0; i < count; ++i) {
    const Json& piece = pieces[random.next() % pieces.size()];
    std::string part;
    if (piece.is_string()) {
      part = piece.get<std::string>();
    } else {
      const auto low = piece[0].get<uint32_t>();
      const auto high = piece[1].get<uint32_t>();
      part = encode_utf8(std::u32string(1, low + random.next() % (high - low + 1)));
    }
    const uint64_t times = random.next() % 16 == 0 ? 2 + random.next() % 30 : 1;
    for (uint64_t n = 0; n < times; ++n) text += part;
  }
  return text;
}

/// block_hashes of the generator, of one block.
std::string block_hash(const std::vector<std::vector<int>>& rows) {
  std::string lines;
  for (const std::vector<int>& ids : rows) {
    std::string_view separator;
    for (const int id : ids) {
      lines.append(separator).append(std::to_string(id));
      separator = " ";
    }
    lines += '\n';
  }
  return sha256_hex(std::as_bytes(std::span(lines))).substr(0, 16);
}

/// Compares the rows written out in full, then all blocks by their hashes.
void compare(const ClipTokenizer& tokenizer, const std::string& vocabulary) {
  const Json golden = golden::clip_file("strings.json");
  const auto seed = golden.at("seed").get<uint64_t>();
  const auto block = golden.at("block").get<size_t>();
  const Json& pieces = golden.at("pieces");
  const Json& rows = golden.at("rows");
  ASSERT_EQ(rows.size(), 200u);
  for (size_t k = 0; k < rows.size(); ++k) {
    const auto text = rows[k].at("text").get<std::string>();
    ASSERT_EQ(make_string(seed, k, pieces), text);
    EXPECT_EQ(tokenizer.tokenize(text), rows[k].at(vocabulary).get<std::vector<int>>()) << text;
  }
  const Json& hashes = golden.at(vocabulary);
  ASSERT_EQ(hashes.size() * block, 25'600u);
  for (size_t b = 0; b < hashes.size(); ++b) {
    std::vector<std::vector<int>> ids;
    for (size_t k = b * block; k < (b + 1) * block; ++k)
      ids.push_back(tokenizer.tokenize(make_string(seed, k, pieces)));
    EXPECT_EQ(block_hash(ids), hashes[b].get<std::string>()) << "strings from " << b * block;
  }
}

TEST(ClipTokenizerGolden, TinyVocabularyGivesTheIdsOfTheReference) {
  compare(golden::tiny_clip(), "tiny");
}

TEST(ClipTokenizerGolden, OpenaiVocabularyGivesTheIdsOfTheReference) {
  const std::filesystem::path path = golden::openai_vocabulary();
  if (!std::filesystem::exists(path)) {
    GTEST_SKIP() << path << " is not there; it comes with github.com/openai/CLIP, and "
                 << "LIENZO_TEST_FILES names the folder that holds clip/";
  }
  const ClipTokenizer tokenizer = ClipTokenizer::load(path);
  EXPECT_EQ(tokenizer.vocab_size(), 49408);
  EXPECT_EQ(tokenizer.encode("a photo of a cat", 9).ids,
            (std::vector<int>{49406, 320, 1125, 539, 320, 2368, 49407, 49407, 49407}));
  compare(tokenizer, "clip");
}

TEST(ClipTokenizerGolden, CutsAndPadsLikeTheReference) {
  const ClipTokenizer plain = golden::tiny_clip();
  const Json rows = golden::clip_file("framed.json").at("rows");
  ASSERT_EQ(rows.size(), 60u);
  int cut = 0;
  for (const Json& row : rows) {
    const ClipTokenizer tokenizer = plain.with_pad_token(row.at("pad_token").get<std::string>());
    const ClipEncoding encoding =
        tokenizer.encode(row.at("text").get<std::string>(), row.at("length").get<int>());
    EXPECT_EQ(encoding.ids, row.at("ids").get<std::vector<int>>()) << row.dump();
    EXPECT_EQ(encoding.attention, row.at("attention").get<std::vector<int>>()) << row.dump();
    EXPECT_EQ(encoding.cut, row.at("cut").get<std::vector<int>>()) << row.dump();
    EXPECT_EQ(tokenizer.decode(encoding.cut, /*skip_special_tokens=*/false),
              row.at("cut_text").get<std::string>())
        << row.dump();
    cut += !encoding.cut.empty();
  }
  EXPECT_GT(cut, 20);
}

TEST(ClipTokenizerGolden, ReadsAndWritesTheFileThatTheReferenceWrote) {
  const Json written = golden::clip_file("tokenizer.json");
  const BpeTokenizer tokenizer = BpeTokenizer::load(golden::clip_path("tokenizer.json"));
  nlohmann::json ours = tokenizer.to_json();
  EXPECT_TRUE(ours["model"]["unk_token"].is_null());  // no byte is unknown, so it is not kept
  EXPECT_EQ(ours["model"]["continuing_subword_prefix"], nullptr);
  ours["model"]["unk_token"] = "<|endoftext|>";
  ours["model"]["continuing_subword_prefix"] = "";
  EXPECT_EQ(ours, nlohmann::json(written));
  const ClipTokenizer loaded = ClipTokenizer::load(golden::clip_path("tokenizer.json"));
  EXPECT_EQ(loaded.tokenize("A cat's 😀"), golden::tiny_clip().tokenize("A cat's 😀"));
}

}  // namespace
}  // namespace lienzo::text
