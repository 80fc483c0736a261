#include "lienzo/text/quotes.h"

#include <unicode/uchar.h>
#include <unicode/utf8.h>

#include <algorithm>
#include <array>
#include <optional>

#include "lienzo/base/trimmed.h"
#include "lienzo/text/fold.h"

namespace lienzo::text {

namespace {

struct QuoteStyle {
  char32_t opening;
  std::u32string_view closing;  // any of these
  bool single;                  // may also be an apostrophe
};

constexpr std::array<QuoteStyle, 14> kStyles = {{
    {U'"', U"\"”", false},
    {U'“', U"”\"", false},
    {U'”', U"”\"", false},  // Swedish
    {U'„', U"“”\"", false},
    {U'«', U"»", false},
    {U'»', U"«", false},  // German
    {U'‹', U"›", false},
    {U'「', U"」", false},
    {U'『', U"』", false},
    {U'＂', U"＂", false},
    {U'\'', U"'’", true},
    {U'‘', U"’'", true},
    {U'’', U"’'", true},
    {U'‚', U"‘’'", true},
}};

// Beyond this a single quote was an apostrophe after all.
constexpr size_t kLongestSingleQuoted = 64;

struct Character {
  char32_t value;
  size_t begin;  // byte offset
};

/// The code points, and one past them a blank at the end of the text.
std::vector<Character> characters_of(std::string_view text) {
  check_utf8(text);
  std::vector<Character> characters;
  characters.reserve(text.size() + 1);
  size_t i = 0;
  while (i < text.size()) {
    const size_t begin = i;
    UChar32 c = 0;
    U8_NEXT_UNSAFE(text.data(), i, c);
    characters.push_back({static_cast<char32_t>(c), begin});
  }
  characters.push_back({U' ', text.size()});
  return characters;
}

bool in_word(char32_t c) { return u_isalnum(static_cast<UChar32>(c)) != 0; }

class QuoteFinder {
 public:
  explicit QuoteFinder(std::string_view text) : characters_(characters_of(text)) {
    exhausted_.fill(false);
  }

  std::vector<QuotedSpan> find_all() {
    std::vector<QuotedSpan> spans;
    for (size_t at = 0; at + 1 < characters_.size(); ++at) {
      const std::optional<size_t> closing = closing_of(at);
      if (!closing) continue;
      spans.push_back({.begin = characters_[at].begin,
                       .end = characters_[*closing + 1].begin,
                       .inner_begin = characters_[at + 1].begin,
                       .inner_end = characters_[*closing].begin});
      at = *closing;
    }
    return spans;
  }

 private:
  /// Where the quote that opens at `at` closes; nothing if none opens there.
  std::optional<size_t> closing_of(size_t at) {
    const auto style =
        std::find_if(kStyles.begin(), kStyles.end(), [&](const QuoteStyle& candidate) {
          return candidate.opening == characters_[at].value;
        });
    if (style == kStyles.end()) return std::nullopt;
    bool& exhausted = exhausted_[style - kStyles.begin()];
    if (exhausted) return std::nullopt;
    size_t limit = characters_.size() - 1;
    if (style->single) {
      if (at > 0 && in_word(characters_[at - 1].value)) return std::nullopt;
      if (u_isUWhiteSpace(static_cast<UChar32>(characters_[at + 1].value))) return std::nullopt;
      limit = std::min(limit, at + 2 + kLongestSingleQuoted);
    }
    for (size_t i = at + 1; i < limit; ++i) {
      if (style->closing.find(characters_[i].value) == std::u32string_view::npos) continue;
      if (!style->single || !in_word(characters_[i + 1].value)) return i;
    }
    // Without a closing mark from here on, later openings need not look again: keeps the search
    // linear.
    exhausted = !style->single;
    return std::nullopt;
  }

  std::vector<Character> characters_;
  std::array<bool, kStyles.size()> exhausted_;
};

std::string spell_as_sign(std::string_view quoted) {
  std::string word = strip_accents(upper_case(quoted), /*keep_enye=*/true);
  std::erase(word, '"');
  return std::string(trimmed(word));
}

}  // namespace

std::vector<QuotedSpan> find_quoted(std::string_view prompt) {
  return QuoteFinder(prompt).find_all();
}

NormalisedPrompt normalise_quoted(std::string_view prompt) {
  NormalisedPrompt result;
  size_t copied = 0;
  for (const QuotedSpan& span : find_quoted(prompt)) {
    const std::string word =
        spell_as_sign(prompt.substr(span.inner_begin, span.inner_end - span.inner_begin));
    result.text.append(prompt, copied, span.begin - copied).append("\"").append(word).append("\"");
    copied = span.end;
    if (!word.empty()) result.words.push_back(word);
  }
  result.text.append(prompt, copied);
  return result;
}

}  // namespace lienzo::text
