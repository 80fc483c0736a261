#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "lienzo/text/bpe_definition.h"

namespace lienzo::text {

struct BpeTrainOptions {
  int vocab_size = 4096;  // special tokens and the 256 bytes included; reached if the texts suffice
  int64_t min_frequency = 2;                     // a pair seen less often is never merged
  std::vector<std::string> special_tokens = {};  // get the first ids, in this order
  std::vector<NormalizerStep> normalizer = {};
  bool add_prefix_space = false;
};

/// Gives the next text, or false when there is none left.
using TextSource = std::function<bool(std::string&)>;

/// Learns merges: again and again the most frequent pair of neighbours, among equals the one with
/// the lowest ids. The result does not depend on the order of the texts and equals Hugging Face's
/// BpeTrainer with the initial alphabet ByteLevel.alphabet(). Source: Sennrich et al. 2016
/// (arXiv:1508.07909), algorithm 1; tie breaking of huggingface/tokenizers, models/bpe/trainer.rs.
/// Throws kInvalidInput for a vocabulary too small for the bytes, repeated or empty special tokens,
/// or text that is not UTF-8.
BpeDefinition train_bpe(const TextSource& next_text, const BpeTrainOptions& options);

}  // namespace lienzo::text
