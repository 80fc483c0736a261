#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "lienzo/text/normalizer.h"

namespace lienzo::text {

/// A token found in the text before any splitting, such as "<pad>".
struct AddedToken {
  int id = 0;
  std::string content;      // as written in the text, not in byte stand-ins
  bool special = true;      // left out when decoding
  bool normalized = false;  // searched in the normalized text instead of in the text as given
};

/// How text is cut into words; see pre_tokenizer.h.
enum class SplitPattern {
  kGpt2,
  kClip,         // of transformers 5 and of openai/CLIP: the special tokens come apart from marks
  kClipBefore5,  // of transformers 4: without them
};

/// What Hugging Face's RobertaProcessing puts before and behind a text.
struct TextFrame {
  int first = 0;
  int last = 0;
};

/// All that makes a byte-level BPE tokenizer: what tokenizer.json holds and training yields.
struct BpeDefinition {
  std::vector<std::string> vocab;  // by id, in byte stand-ins (byte_level.h)
  std::vector<std::pair<std::string, std::string>> merges;  // the first merges first
  std::vector<AddedToken> added_tokens;    // ids of the vocabulary, or following on from it
  std::vector<NormalizerStep> normalizer;  // applied in order
  SplitPattern split = SplitPattern::kGpt2;
  bool add_prefix_space = false;   // " " before text that does not begin with it
  std::string end_of_word;         // follows the last byte of each word: "</w>" for CLIP
  std::optional<TextFrame> frame;  // kept for those who frame texts; encode adds nothing
  bool ignore_merges = false;      // a word that is a token is taken whole
};

}  // namespace lienzo::text
