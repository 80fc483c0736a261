#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace lienzo::text {

/// Where a prompt quotes something, in bytes: the quote marks included, and what stands between
/// them.
struct QuotedSpan {
  size_t begin = 0;
  size_t end = 0;
  size_t inner_begin = 0;
  size_t inner_end = 0;
};

/// Finds "...", “...”, „...“, «...», '...', ‘...’ and 「...」 from left to right. An apostrophe
/// inside or behind a word (don't, the cubes' shadow) opens nothing, single quotes enclose at most
/// 64 characters, and a quote that is never closed is no quote. Linear in the length. Throws
/// kInvalidInput where `prompt` is not UTF-8.
std::vector<QuotedSpan> find_quoted(std::string_view prompt);

struct NormalisedPrompt {
  std::string text;  // the prompt as the tokenizer should see it
  std::vector<std::string>
      words;  // what it quotes, in order, repeats and all; empty quotes are left out
};

/// Spells quoted text as signs do: upper case, accents off (É -> E, Ü -> U) except on Ñ, blanks at
/// the ends off, and in ASCII double quotes. The rest stays as it is: `un cartel «adiós»` -> `un
/// cartel "ADIOS"`. Throws kInvalidInput where `prompt` is not UTF-8.
NormalisedPrompt normalise_quoted(std::string_view prompt);

}  // namespace lienzo::text
