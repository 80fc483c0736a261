#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "lienzo/base/json.h"
#include "lienzo/text/bpe_definition.h"
#include "lienzo/text/bpe_trainer.h"

namespace lienzo::text {

/// What encode does with the special tokens it meets in the text.
enum class SpecialTokens {
  kRecognise,  // "<pad>" becomes its id
  kAsText,     // "<pad>" is five characters like any others: for text that strangers typed
};

/// Byte-level BPE tokenizer, id for id equal to Hugging Face `tokenizers` with the pre-tokenizer of
/// GPT-2 (ByteLevel) or of CLIP (its pattern, then ByteLevel). Nothing is ever unknown: every UTF-8
/// text has ids, and GPT-2's decode to the normalized text. Immutable; copies share their data, and
/// any number of threads may use one.
class BpeTokenizer {
 public:
  /// Reads a Hugging Face tokenizer.json. Throws kNotFound, kIo, kCorrupt, or kUnsupported naming
  /// the field.
  static BpeTokenizer load(const std::filesystem::path& path);
  static BpeTokenizer from_json(const Json& json, const std::string& where);

  /// Trains on texts; see train_bpe.
  static BpeTokenizer train(const TextSource& next_text, const BpeTrainOptions& options);
  static BpeTokenizer train(const std::vector<std::string>& texts, const BpeTrainOptions& options);

  /// Throws kCorrupt where the definition contradicts itself; `where` begins the message.
  explicit BpeTokenizer(BpeDefinition definition, const std::string& where = "tokenizer");

  /// Throws kInvalidInput where `text` is not UTF-8.
  std::vector<int> encode(std::string_view text,
                          SpecialTokens special = SpecialTokens::kRecognise) const;

  /// Bytes that are no UTF-8 (a character cut in half) become U+FFFD. Throws kInvalidInput for ids
  /// outside [0, vocab_size()).
  std::string decode(std::span<const int> ids, bool skip_special_tokens = true) const;

  /// How many ids there are: vocabulary and added tokens.
  int vocab_size() const;

  /// The id of a token, written as in the file ("Ġrojo", "<pad>").
  std::optional<int> token_id(std::string_view token) const;

  const BpeDefinition& definition() const;

  /// The tokenizer.json that Hugging Face `tokenizers` would write.
  Json to_json() const;
  void save(const std::filesystem::path& path) const;

 private:
  struct State;
  std::shared_ptr<const State> state_;
};

}  // namespace lienzo::text
