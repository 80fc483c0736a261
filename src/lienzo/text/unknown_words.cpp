#include "lienzo/text/unknown_words.h"

#include <unicode/brkiter.h>
#include <unicode/locid.h>
#include <unicode/uchar.h>
#include <unicode/unistr.h>

#include <memory>

#include "lienzo/base/error.h"
#include "lienzo/text/fold.h"
#include "lienzo/text/quotes.h"

namespace lienzo::text {

namespace {

/// The prompt with a full stop in place of each quotation, so that the words around it stay apart.
std::string without_quoted(std::string_view prompt) {
  std::string rest;
  size_t copied = 0;
  for (const QuotedSpan& span : find_quoted(prompt)) {
    rest.append(prompt, copied, span.begin - copied).append(" . ");
    copied = span.end;
  }
  return rest.append(prompt, copied);
}

bool is_pictograph(const icu::UnicodeString& segment) {
  const UChar32 first = segment.char32At(0);
  return first > 0x7F && u_hasBinaryProperty(first, UCHAR_EXTENDED_PICTOGRAPHIC);
}

std::string without_possessive(std::string word) {
  for (const std::string_view ending : {"'s", "’s"}) {
    if (word.size() > ending.size() && word.ends_with(ending))
      word.resize(word.size() - ending.size());
  }
  return word;
}

std::vector<std::string> words_of(std::string_view prompt) {
  const std::string lowered = lower_case(without_quoted(prompt));
  const auto text = icu::UnicodeString::fromUTF8(lowered);
  UErrorCode status = U_ZERO_ERROR;
  const std::unique_ptr<icu::BreakIterator> breaks(
      icu::BreakIterator::createWordInstance(icu::Locale::getRoot(), status));
  if (U_FAILURE(status)) {
    throw Error(ErrorKind::kInternal,
                std::string("[text] ICU has no word rules: ") + u_errorName(status));
  }
  breaks->setText(text);
  std::vector<std::string> words;
  int32_t begin = breaks->first();
  for (int32_t end = breaks->next(); end != icu::BreakIterator::DONE;
       begin = end, end = breaks->next()) {
    const icu::UnicodeString segment = text.tempSubStringBetween(begin, end);
    if (breaks->getRuleStatus() < UBRK_WORD_LETTER && !is_pictograph(segment)) continue;
    std::string word;
    segment.toUTF8String(word);
    words.push_back(without_possessive(std::move(word)));
  }
  return words;
}

}  // namespace

std::vector<std::string> unknown_words(std::string_view prompt,
                                       const std::unordered_set<std::string>& known) {
  std::unordered_set<std::string>
      seen;  // starts as what is known, so that a known word is never new
  for (const std::string& word : known) seen.insert(fold(word));
  std::vector<std::string> unknown;
  for (const std::string& word : words_of(prompt)) {
    if (seen.insert(fold(word)).second) unknown.push_back(word);
  }
  return unknown;
}

}  // namespace lienzo::text
