#pragma once

#include <string_view>
#include <vector>

#include "lienzo/text/bpe_definition.h"

namespace lienzo::text {

/// Cuts text into the words that byte-pair merges never cross, by GPT-2's pattern
///   's|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+
/// The pieces are views into `text` and give it back when joined. Matched by hand, since ICU's
/// regular expressions would need UTF-16 and are twenty times slower. Source: openai/gpt-2,
/// src/encoder.py; \s is the White_Space property as in Hugging Face tokenizers (Oniguruma). Throws
/// kInvalidInput where `text` is not UTF-8.
std::vector<std::string_view> split_gpt2(std::string_view text);

/// Cuts text into words by CLIP's pattern and leaves out the blanks between them:
///   <\|startoftext\|>|<\|endoftext\|>|
///   's|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+
/// The special tokens of the first line are cut into three words, as Hugging Face's ByteLevel does;
/// without `special_tokens` the pattern is the second line alone. Source: openai/CLIP,
/// clip/simple_tokenizer.py, for text in lower case. Throws kInvalidInput where `text` is not
/// UTF-8.
std::vector<std::string_view> split_clip(std::string_view text, bool special_tokens = true);

std::vector<std::string_view> split(std::string_view text, SplitPattern pattern);

}  // namespace lienzo::text
