#include "lienzo/text/fold.h"

#include <unicode/locid.h>
#include <unicode/normalizer2.h>
#include <unicode/uchar.h>
#include <unicode/unistr.h>
#include <unicode/uscript.h>
#include <unicode/utf8.h>

#include <cstdint>
#include <limits>

#include "lienzo/base/error.h"
#include "lienzo/base/utf8.h"

namespace lienzo::text {

namespace {

void check_icu(UErrorCode status, const char* what) {
  if (U_FAILURE(status)) {
    throw Error(ErrorKind::kInternal,
                std::string("[text] ICU could not ") + what + ": " + u_errorName(status));
  }
}

icu::UnicodeString to_unicode(std::string_view text) {
  check_utf8(text);
  return icu::UnicodeString::fromUTF8(
      icu::StringPiece(text.data(), static_cast<int32_t>(text.size())));
}

std::string to_utf8(const icu::UnicodeString& text) {
  std::string result;
  text.toUTF8String(result);
  return result;
}

icu::UnicodeString composed(const icu::UnicodeString& text) {
  UErrorCode status = U_ZERO_ERROR;
  const icu::Normalizer2* nfc = icu::Normalizer2::getNFCInstance(status);
  check_icu(status, "load NFC");
  icu::UnicodeString result = nfc->normalize(text, status);
  check_icu(status, "compose text");
  return result;
}

icu::UnicodeString decomposed(const icu::UnicodeString& text) {
  UErrorCode status = U_ZERO_ERROR;
  const icu::Normalizer2* nfd = icu::Normalizer2::getNFDInstance(status);
  check_icu(status, "load NFD");
  icu::UnicodeString result = nfd->normalize(text, status);
  check_icu(status, "decompose text");
  return result;
}

bool is_combining_accent(UChar32 c) { return c >= 0x300 && c <= 0x36F; }

bool is_latin_letter(UChar32 c) {
  UErrorCode status = U_ZERO_ERROR;
  return u_isalpha(c) && uscript_getScript(c, &status) == USCRIPT_LATIN;
}

}  // namespace

void check_utf8(std::string_view text) {
  if (text.size() > static_cast<size_t>(std::numeric_limits<int32_t>::max()) / 4) {
    throw Error(ErrorKind::kInvalidInput,
                "[text] text of " + std::to_string(text.size()) +
                    " bytes is too long; give at most 512 MiB at a time");
  }
  if (!is_valid_utf8(text)) decode_utf8(text, "text");  // throws and says where
}

std::string compose(std::string_view text) { return to_utf8(composed(to_unicode(text))); }

std::string lower_case(std::string_view text) {
  return to_utf8(composed(to_unicode(text).toLower(icu::Locale::getRoot())));
}

std::string lower_case_each(std::string_view text) {
  check_utf8(text);
  std::string result;
  result.reserve(text.size());
  size_t i = 0;
  while (i < text.size()) {
    UChar32 c = 0;
    U8_NEXT_UNSAFE(text.data(), i, c);
    char buffer[U8_MAX_LENGTH];
    size_t length = 0;
    if (c == 0x130) {  // İ is the one character whose unconditional lower case is two: i + U+0307
      result += "i\xCC\x87";
      continue;
    }
    U8_APPEND_UNSAFE(buffer, length, u_tolower(c));
    result.append(buffer, length);
  }
  return result;
}

std::string collapse_blanks(std::string_view text) {
  check_utf8(text);
  std::string result;
  result.reserve(text.size());
  bool in_blanks = false;
  size_t i = 0;
  while (i < text.size()) {
    const size_t begin = i;
    UChar32 c = 0;
    U8_NEXT_UNSAFE(text.data(), i, c);
    const bool blank = u_isUWhiteSpace(c);
    if (!blank) {
      result.append(text, begin, i - begin);
    } else if (!in_blanks) {
      result += ' ';
    }
    in_blanks = blank;
  }
  return result;
}

std::string upper_case(std::string_view text) {
  return to_utf8(composed(to_unicode(text).toUpper(icu::Locale("es"))));
}

std::string strip_accents(std::string_view text, bool keep_enye) {
  const icu::UnicodeString source = decomposed(to_unicode(text));
  icu::UnicodeString kept;
  UChar32 base = 0;
  for (int32_t i = 0; i < source.length(); i = source.moveIndex32(i, 1)) {
    const UChar32 c = source.char32At(i);
    if (!is_combining_accent(c)) {
      base = c;
    } else if (is_latin_letter(base)) {
      constexpr UChar32 kTilde = 0x303;
      if (!(keep_enye && c == kTilde && (base == 'n' || base == 'N'))) continue;
    }
    kept.append(c);
  }
  return to_utf8(composed(kept));
}

std::string fold(std::string_view text) { return strip_accents(lower_case(text)); }

}  // namespace lienzo::text
