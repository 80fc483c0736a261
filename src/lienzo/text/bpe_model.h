#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "lienzo/text/bpe_definition.h"

namespace lienzo::text {

/// Lets maps keyed by std::string be asked with a string_view.
struct StringHash {
  using is_transparent = void;  // NOLINT(readability-identifier-naming): asked for by that name
  size_t operator()(std::string_view text) const { return std::hash<std::string_view>{}(text); }
};
using TokenIds = std::unordered_map<std::string, int, StringHash, std::equal_to<>>;

/// The merge table: bytes of one word -> token ids. Immutable, so any number of threads may use it.
/// Source: Sennrich et al. 2016 (arXiv:1508.07909); order of merges as in Hugging Face tokenizers,
/// models/bpe/word.rs: always the lowest rank, among equals the leftmost.
class BpeModel {
 public:
  /// Throws kCorrupt for repeated or empty tokens, a byte without token, and merges that repeat or
  /// name unknown tokens. `where` begins the messages.
  BpeModel(const BpeDefinition& definition, const std::string& where);

  /// Appends the ids of one word (raw bytes). O(n log n) in its length.
  void encode_word(std::string_view word, std::vector<int>& ids) const;

  /// Ids by token, written in byte stand-ins.
  const TokenIds& ids() const { return ids_; }

 private:
  struct Merge {
    int rank;
    int result;
  };
  const Merge* find_merge(int left, int right) const;

  TokenIds ids_;
  std::array<int, 256> byte_ids_;
  std::array<int, 256> last_byte_ids_;          // of bytes that end a word
  std::unordered_map<uint64_t, Merge> merges_;  // keyed by left << 32 | right
  bool ignore_merges_;
};

}  // namespace lienzo::text
