#pragma once

#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "lienzo/text/bpe_tokenizer.h"
#include "lienzo/text/clip_vocabulary.h"

namespace lienzo::text {

/// Tokens that a CLIP text encoder sees at once: start, 75 of the text, end.
inline constexpr int kClipLength = 77;

/// A text as a CLIP text encoder takes it.
struct ClipEncoding {
  std::vector<int> ids;        // start, the text, end, padding
  std::vector<int> attention;  // 1 up to the end, 0 for the padding
  std::vector<int> cut;        // tokens of the text that did not fit
};

/// CLIP's tokenizer (SD 1.x, 2.x, SDXL, SD3, FLUX), id for id equal to Hugging Face's CLIPTokenizer
/// of transformers 5 and CLIPTokenizerFast before. Immutable; copies share their data, and any
/// number of threads may use one.
class ClipTokenizer {
 public:
  /// Reads what `path` is:
  ///   a folder  vocab.json and merges.txt, else tokenizer.json; pad_token of tokenizer_config.json
  ///   a file    tokenizer.json, or OpenAI's bpe_simple_vocab_16e6.txt, plain or .gz
  /// Throws kNotFound, kIo, kCorrupt or kUnsupported, naming the file.
  static ClipTokenizer load(const std::filesystem::path& path);

  /// `pad_token` fills up texts, and is recognised in them like any special token: with "!", as the
  /// folders of SD 2.x and of SDXL's second encoder have it, each "!" of a text is the padding's
  /// id. Whoever follows OpenCLIP or AUTOMATIC1111 keeps the end token here and gives encode() the
  /// pad id 0. Throws kCorrupt where the definition contradicts itself or has no such token,
  /// kUnsupported where it is not CLIP's; `where` begins the message.
  explicit ClipTokenizer(BpeDefinition definition,
                         const std::string& pad_token = std::string(kClipEnd),
                         const std::string& where = "tokenizer");

  /// This tokenizer with another pad token; the former one is ordinary text again unless it is the
  /// start or the end.
  ClipTokenizer with_pad_token(const std::string& pad_token) const;

  int start_id() const { return start_; }  // 49406 in CLIP's vocabulary
  int end_id() const { return end_; }      // 49407
  int pad_id() const { return pad_; }      // of `pad_token`
  int vocab_size() const { return bpe_.vocab_size(); }
  /// The id of a token, written as in the file (",</w>").
  std::optional<int> token_id(std::string_view token) const { return bpe_.token_id(token); }

  /// The tokens of `text` alone. Throws kInvalidInput where it is not UTF-8.
  std::vector<int> tokenize(std::string_view text) const { return bpe_.encode(text); }

  /// start, tokens, end; cut or padded to `length`, at least 2, with `pad` or pad_id(). Throws
  /// kInvalidInput where `text` is not UTF-8, or for another length or pad outside the vocabulary.
  ClipEncoding encode(std::string_view text,
                      int length = kClipLength,
                      std::optional<int> pad = std::nullopt) const;

  /// The text that ids stand for, words separated by single spaces. Throws as BpeTokenizer::decode
  /// does.
  std::string decode(std::span<const int> ids, bool skip_special_tokens = true) const;

 private:
  BpeTokenizer bpe_;
  int start_;
  int end_;
  int pad_;
};

}  // namespace lienzo::text
