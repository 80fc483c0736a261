// Vocabulary files that are missing or damaged: one clear message each, never other ids.

#include "lienzo/text/clip_vocabulary.h"

#include <gtest/gtest.h>
#include <unistd.h>
#include <zlib.h>

#include <filesystem>

#include "../base/expect_error.h"
#include "clip_golden.h"

namespace lienzo::text {
namespace {

namespace fs = std::filesystem;

class ClipVocabulary : public testing::Test {
 protected:
  ClipVocabulary() {
    fs::create_directories(folder_);
    for (const char* file : {"vocab.json", "merges.txt"}) write(file, golden_text(file));
  }
  ~ClipVocabulary() override { fs::remove_all(folder_); }

  static std::string golden_text(const std::string& file) {
    return read_text_file(golden::clip_path(file));
  }
  void write(const std::string& file, const std::string& text) const {
    write_file_atomic(folder_ / file, text);
  }
  /// Loading the folder must fail and say so.
  template <class... Parts>
  void expect_corrupt(const Parts&... parts) const {
    expect_error(
        ErrorKind::kCorrupt, [&] { ClipTokenizer::load(folder_); }, parts...);
  }

  const fs::path folder_ =
      fs::path(testing::TempDir()) / ("lienzo_clip_" + std::to_string(getpid()));
};

std::string gzip(const std::string& text) {
  z_stream stream{};
  deflateInit2(&stream, Z_BEST_SPEED, Z_DEFLATED, MAX_WBITS + 16, 8, Z_DEFAULT_STRATEGY);
  std::string bytes(text.size() + 1000, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(bytes.data());
  stream.avail_out = static_cast<uInt>(bytes.size());
  EXPECT_EQ(deflate(&stream, Z_FINISH), Z_STREAM_END);
  bytes.resize(stream.total_out);
  deflateEnd(&stream);
  return bytes;
}

/// A file like OpenAI's, with merges of digits that make no sense.
std::string made_up_merges(int count) {
  std::string text = "\"made up\"\n";
  for (int i = 0; i < count; ++i) text += std::to_string(i) + " x\n";
  return text;
}

TEST_F(ClipVocabulary, ReadsAFolderAndItsPadToken) {
  EXPECT_EQ(ClipTokenizer::load(folder_).pad_id(), 22);
  write("tokenizer_config.json", R"({"pad_token": "!", "model_max_length": 77})");
  const ClipTokenizer tokenizer = ClipTokenizer::load(folder_);
  EXPECT_EQ(tokenizer.pad_id(), *tokenizer.token_id("!"));
  write("tokenizer_config.json", R"({"pad_token": {"content": "<|endoftext|>", "lstrip": false}})");
  EXPECT_EQ(ClipTokenizer::load(folder_).pad_id(), 22);
  write("tokenizer_config.json", R"({"pad_token": null})");
  EXPECT_EQ(ClipTokenizer::load(folder_).pad_id(), 22);
}

TEST_F(ClipVocabulary, FallsBackOnTokenizerJson) {
  fs::remove(folder_ / "merges.txt");
  expect_error(
      ErrorKind::kNotFound,
      [&] { ClipTokenizer::load(folder_); },
      folder_.string(),
      "no tokenizer here, expected vocab.json and merges.txt, or tokenizer.json");
  write("tokenizer.json", golden_text("tokenizer.json"));
  EXPECT_EQ(ClipTokenizer::load(folder_).vocab_size(), golden::tiny_clip().vocab_size());
}

TEST_F(ClipVocabulary, ToleratesOtherLineEnds) {
  std::string merges;
  for (const char c : golden_text("merges.txt")) merges += c == '\n' ? "\r\n" : std::string(1, c);
  write("merges.txt", merges);
  EXPECT_EQ(ClipTokenizer::load(folder_).tokenize("the cat's"),
            golden::tiny_clip().tokenize("the cat's"));
}

TEST_F(ClipVocabulary, RefusesDamagedFolders) {
  write("tokenizer_config.json", R"({"pad_token": 3})");
  expect_corrupt("tokenizer_config.json", "pad_token is neither");
  write("tokenizer_config.json", R"({"pad_token": "<pad>"})");
  expect_corrupt("pad_token '<pad>' is not in the vocabulary");
  write("tokenizer_config.json", "[");
  expect_corrupt("tokenizer_config.json", "not valid JSON");
  fs::remove(folder_ / "tokenizer_config.json");

  write("merges.txt", "#version: 0.2\nl o\nl o w\n");
  expect_corrupt("merges.txt", "line 3 is not a merge");
  write("merges.txt", "#version: 0.2\nl o\n\nlo w</w>\n");
  expect_corrupt("merges.txt", "line 3 is not a merge");
  write("merges.txt", "#version: 0.2\nl q\n");
  expect_corrupt("merge 0 ('l' + 'q') needs 'lq'");
  write("merges.txt", golden_text("merges.txt"));

  write("vocab.json", golden_text("vocab.json").substr(0, 4000));
  expect_corrupt("vocab.json", "is not JSON");
  write("vocab.json", R"({"a": 0, "b": 2})");
  expect_corrupt("vocab.json", "the id 2, expected the ids 0 to 1");
  write("vocab.json", R"({"<|startoftext|>": 0})");
  expect_corrupt("vocab.json", "has no token '<|endoftext|>'");
  write("vocab.json", R"({"<|startoftext|>": 0, "<|endoftext|>": 1})");
  expect_corrupt("no token 'Ā' for byte 0, expected all 256 bytes");
}

TEST_F(ClipVocabulary, RefusesDamagedFilesOfOpenai) {
  const fs::path file = folder_ / "bpe.txt.gz";
  const auto expect = [&](const std::string& bytes, const std::string& part) {
    write_file_atomic(file, bytes);
    expect_error(
        ErrorKind::kCorrupt, [&] { ClipTokenizer::load(file); }, file.string(), part);
  };
  const std::string whole = gzip(made_up_merges(100));
  expect(whole, "has 100 merges, expected at least 48894");
  expect(made_up_merges(100), "has 100 merges, expected at least 48894");
  expect(whole.substr(0, whole.size() / 2), "is a damaged gzip file");
  expect(whole.substr(0, whole.size() - 4), "is a damaged gzip file");
  std::string spoilt = whole;
  spoilt[spoilt.size() / 2] ^= 0x10;
  expect(spoilt, "is a damaged gzip file");
  expect(gzip(std::string(size_t{40} << 20, '\n')), "more than 32 MiB");
  expect("", "has 0 merges");
  expect("<!DOCTYPE html>\n<html>\n", "line 2 is not a merge");
  fs::remove(file);
  expect_error(
      ErrorKind::kNotFound, [&] { ClipTokenizer::load(file); }, file.string());
}

TEST_F(ClipVocabulary, OrdersTheTokensThatMergesImply) {
  const std::vector<std::string> vocab = clip_vocab({{"a", "b"}});
  ASSERT_EQ(vocab.size(), 256 + 256 + 1 + 2u);
  EXPECT_EQ(vocab[0], "!");
  EXPECT_EQ(vocab[93], "~");
  EXPECT_EQ(vocab[94], "¡");
  EXPECT_EQ(vocab[188], "Ā");  // byte 0
  EXPECT_EQ(vocab[220], "Ġ");  // the space
  EXPECT_EQ(vocab[256], "!</w>");
  EXPECT_EQ(vocab[512], "ab");
  EXPECT_EQ(vocab[513], "<|startoftext|>");
  EXPECT_EQ(vocab[514], "<|endoftext|>");
}

}  // namespace
}  // namespace lienzo::text
