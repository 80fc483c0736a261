#include "lienzo/text/prompt_scan.h"

#include <unicode/uchar.h>
#include <unicode/utf8.h>

#include <charconv>

#include "lienzo/base/error.h"
#include "lienzo/text/fold.h"

namespace lienzo::text {

namespace {

bool is_blank(UChar32 c) { return u_isUWhiteSpace(c) || (c >= 0x1C && c <= 0x1F); }

bool is_word_character(UChar32 c) {
  return c == '_' || (U_GET_GC_MASK(c) & (U_GC_L_MASK | U_GC_N_MASK)) != 0;
}

UChar32 character_at(std::string_view text, size_t& at) {
  UChar32 c = 0;
  U8_NEXT(text.data(), at, text.size(), c);
  return c;
}

UChar32 character_before(std::string_view text, size_t& at) {
  // ICU counts back with signed integers.
  auto i = static_cast<int32_t>(at);
  UChar32 c = 0;
  U8_PREV(text.data(), 0, i, c);
  at = static_cast<size_t>(i);
  return c;
}

bool touches_word_before(std::string_view text, size_t at) {
  return at > 0 && is_word_character(character_before(text, at));
}

bool touches_word_after(std::string_view text, size_t at) {
  return at < text.size() && is_word_character(character_at(text, at));
}

}  // namespace

void check_prompt(std::string_view prompt) {
  if (prompt.size() > kLongestPrompt) {
    throw Error(ErrorKind::kInvalidInput,
                "[prompt] " + std::to_string(prompt.size()) + " bytes, expected at most " +
                    std::to_string(kLongestPrompt));
  }
  check_utf8(prompt);
}

void check_steps(int steps, int passed) {
  if (steps < 1 || passed < 0) {
    throw Error(ErrorKind::kInvalidInput,
                "[prompt] " + std::to_string(steps) + " steps after " + std::to_string(passed) +
                    ", expected at least 1 after 0 or more");
  }
}

std::string excerpt(std::string_view text) {
  constexpr size_t kShown = 40;
  if (text.size() <= kShown) return std::string(text);
  size_t end = kShown;
  while (U8_IS_TRAIL(text[end])) --end;
  return std::string(text.substr(0, end)) + "...";
}

size_t skip_blanks(std::string_view text, size_t at) {
  while (at < text.size()) {
    size_t next = at;
    if (!is_blank(character_at(text, next))) break;
    at = next;
  }
  return at;
}

size_t skip_blanks_back(std::string_view text, size_t end) {
  while (end > 0) {
    size_t begin = end;
    if (!is_blank(character_before(text, begin))) break;
    end = begin;
  }
  return end;
}

std::vector<size_t> find_words(std::string_view text, std::string_view word) {
  std::vector<size_t> found;
  for (size_t at = text.find(word); at != std::string_view::npos; at = text.find(word, at + 1)) {
    if (!touches_word_before(text, at) && !touches_word_after(text, at + word.size()))
      found.push_back(at);
  }
  return found;
}

size_t skip_digits(std::string_view text, size_t at) {
  while (at < text.size()) {
    size_t next = at;
    if (u_charType(character_at(text, next)) != U_DECIMAL_DIGIT_NUMBER) break;
    at = next;
  }
  return at;
}

std::optional<double> parse_number(std::string_view text) {
  std::string ascii;
  for (size_t at = 0; at < text.size();) {
    const UChar32 c = character_at(text, at);
    if (c < 0x80) {
      ascii += static_cast<char>(c);
    } else if (u_charType(c) == U_DECIMAL_DIGIT_NUMBER) {
      ascii += static_cast<char>('0' + u_charDigitValue(c));
    } else {
      return std::nullopt;
    }
  }
  const char* begin = ascii.data();
  const char* end = begin + ascii.size();
  if (begin != end && *begin == '+') ++begin;
  const bool signed_twice = begin != ascii.data() && begin != end && *begin == '-';
  const bool spelled = ascii.find_first_not_of("0123456789.+-eE") != std::string::npos;
  double value = 0;
  const auto [rest, status] = std::from_chars(begin, end, value);
  if (status == std::errc::result_out_of_range && rest == end) {
    throw Error(ErrorKind::kInvalidInput,
                "[prompt] the number " + excerpt(text) + " is out of range");
  }
  if (status != std::errc() || rest != end || signed_twice || spelled) return std::nullopt;
  return value;
}

}  // namespace lienzo::text
