#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace lienzo::text {

// What the readers of prompt syntax share: the character classes and numbers of the language that
// the syntax was defined in. All positions are bytes; all texts must be UTF-8.

/// Longest prompt that is read, in bytes.
inline constexpr size_t kLongestPrompt = size_t{1} << 20;

/// Throws kInvalidInput for a prompt longer than kLongestPrompt or that is not UTF-8.
void check_prompt(std::string_view prompt);

/// Throws kInvalidInput for steps < 1 or passed < 0.
void check_steps(int steps, int passed);

/// The beginning of `text` for a message.
std::string excerpt(std::string_view text);

/// The position behind the blanks at `at`. Blank is what Python's \s matches: White_Space and
/// U+001C to U+001F.
size_t skip_blanks(std::string_view text, size_t at);

/// The position of the blanks that end at `end`; `end` when there are none.
size_t skip_blanks_back(std::string_view text, size_t end);

/// Where `word` (ASCII letters) stands by itself in `text`, not touched by a letter, a number or an
/// underscore: Python's \bword\b.
std::vector<size_t> find_words(std::string_view text, std::string_view word);

/// The position behind the decimal digits of any script at `at`.
size_t skip_digits(std::string_view text, size_t at);

/// The value of a decimal number, its digits of any script, with optional sign and exponent;
/// nothing when it is no number. Throws kInvalidInput where it is beyond what a double holds.
std::optional<double> parse_number(std::string_view text);

}  // namespace lienzo::text
