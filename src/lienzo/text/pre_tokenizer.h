#pragma once

#include <string_view>
#include <vector>

namespace lienzo::text {

/// Cuts text into the words that byte-pair merges never cross, by GPT-2's pattern
///   's|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+
/// The pieces are views into `text` and give it back when joined. Matched by hand, since ICU's
/// regular expressions would need UTF-16 and are twenty times slower. Source: openai/gpt-2,
/// src/encoder.py; \s is the White_Space property as in Hugging Face tokenizers (Oniguruma). Throws
/// kInvalidInput where `text` is not UTF-8.
std::vector<std::string_view> split_gpt2(std::string_view text);

}  // namespace lienzo::text
