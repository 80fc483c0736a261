#include "lienzo/text/prompt_composition.h"

#include <optional>

#include "lienzo/text/prompt_scan.h"

namespace lienzo::text {

namespace {

constexpr std::string_view kAnd = "AND";

/// Whether `text` is [-+]?(\d+\.?|\d*\.\d+).
bool is_weight(std::string_view text) {
  size_t at = !text.empty() && (text[0] == '+' || text[0] == '-') ? 1 : 0;
  const size_t whole = at;
  at = skip_digits(text, at);
  const bool has_whole = at > whole;
  bool has_part = false;
  if (at < text.size() && text[at] == '.') {
    const size_t part = at + 1;
    at = skip_digits(text, part);
    has_part = at > part;
  }
  return at == text.size() && (has_whole || has_part);
}

SubPrompt read_part(std::string_view part) {
  const size_t end = skip_blanks_back(part, part.size());
  const size_t colon = part.substr(0, end).rfind(':');
  if (colon != std::string_view::npos) {
    const size_t begin = skip_blanks(part, colon + 1);
    if (begin < end && is_weight(part.substr(begin, end - begin))) {
      return {std::string(part.substr(0, skip_blanks_back(part, colon))),
              parse_number(part.substr(begin, end - begin)).value()};
    }
  }
  return {std::string(part.substr(0, end)), 1};
}

}  // namespace

std::vector<SubPrompt> split_composition(std::string_view prompt) {
  check_prompt(prompt);
  std::vector<SubPrompt> parts;
  size_t begin = 0;
  for (const size_t word : find_words(prompt, kAnd)) {
    parts.push_back(read_part(prompt.substr(begin, word - begin)));
    begin = word + kAnd.size();
  }
  parts.push_back(read_part(prompt.substr(begin)));
  return parts;
}

}  // namespace lienzo::text
