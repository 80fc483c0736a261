#include "lienzo/text/pre_tokenizer.h"

#include <unicode/uchar.h>
#include <unicode/utf8.h>

#include <array>

#include "lienzo/text/fold.h"

namespace lienzo::text {

namespace {

enum class CharClass { kLetter, kNumber, kSpace, kOther };

CharClass classify(UChar32 c) {
  const uint32_t mask = U_GET_GC_MASK(c);
  if (mask & U_GC_L_MASK) return CharClass::kLetter;
  if (mask & U_GC_N_MASK) return CharClass::kNumber;
  return u_isUWhiteSpace(c) ? CharClass::kSpace : CharClass::kOther;
}

std::array<CharClass, 128> make_ascii_classes() {
  std::array<CharClass, 128> classes;
  for (int c = 0; c < 128; ++c) classes[c] = classify(c);
  return classes;
}

constexpr std::string_view kSpecialBegin = "<|";
constexpr std::string_view kSpecialEnd = "|>";

/// Length of the name of CLIP's special token that `text` begins with; 0 when it begins with none.
size_t special_name_length(std::string_view text) {
  if (!text.starts_with(kSpecialBegin)) return 0;
  text.remove_prefix(kSpecialBegin.size());
  for (const std::string_view name : {"startoftext", "endoftext"}) {
    if (text.starts_with(name) && text.substr(name.size()).starts_with(kSpecialEnd))
      return name.size();
  }
  return 0;
}

class Scanner {
 public:
  explicit Scanner(std::string_view text) : text_(text) {}

  /// The word of CLIP's that starts at `at`, which must be before the end and is moved behind it;
  /// empty for a blank.
  std::string_view clip_word(size_t& at) const {
    const size_t begin = at;
    const size_t length = contraction_length(begin);
    if (length > 0) {
      at += length;
      return text_.substr(begin, length);
    }
    const CharClass kind = class_at(begin, at);
    if (kind == CharClass::kSpace) return {};
    if (kind != CharClass::kNumber) at = run_end(at, kind);
    return text_.substr(begin, at - begin);
  }

  /// The piece of GPT-2's that starts at `begin`, which must be before the end.
  std::string_view gpt2_piece(size_t begin) const {
    const size_t length = contraction_length(begin);
    if (length > 0) return text_.substr(begin, length);

    size_t next = 0;
    CharClass kind = class_at(begin, next);
    if (text_[begin] == ' ' &&
        next < text_.size()) {  // the optional space of ` ?\p{L}+` and its kin
      size_t after = 0;
      const CharClass following = class_at(next, after);
      if (following != CharClass::kSpace)
        return text_.substr(begin, run_end(after, following) - begin);
    }
    if (kind != CharClass::kSpace) return text_.substr(begin, run_end(next, kind) - begin);
    return text_.substr(begin, space_end(begin, next) - begin);
  }

 private:
  CharClass class_at(size_t at, size_t& next) const {
    static const std::array<CharClass, 128> ascii = make_ascii_classes();
    const auto byte = static_cast<unsigned char>(text_[at]);
    if (byte < 0x80) {
      next = at + 1;
      return ascii[byte];
    }
    size_t i = at;
    UChar32 c = 0;
    U8_NEXT(text_.data(), i, text_.size(), c);
    if (c < 0) check_utf8(text_);  // throws and says where
    next = i;
    return classify(c);
  }

  size_t run_end(size_t at, CharClass kind) const {
    while (at < text_.size()) {
      size_t next = 0;
      if (class_at(at, next) != kind) break;
      at = next;
    }
    return at;
  }

  /// `\s+(?!\S)|\s+`: a run of blanks leaves its last one to the word behind it, unless it is
  /// alone.
  size_t space_end(size_t begin, size_t next) const {
    size_t last = begin;
    size_t at = next;
    while (at < text_.size()) {
      if (class_at(at, next) != CharClass::kSpace) return last == begin ? at : last;
      last = at;
      at = next;
    }
    return at;
  }

  size_t contraction_length(size_t begin) const {
    if (text_[begin] != '\'' || begin + 1 >= text_.size()) return 0;
    const std::string_view rest = text_.substr(begin + 1);
    switch (rest.front()) {
      case 's':
      case 't':
      case 'm':
      case 'd': return 2;
      default: break;
    }
    return rest.starts_with("re") || rest.starts_with("ve") || rest.starts_with("ll") ? 3 : 0;
  }

  std::string_view text_;
};

}  // namespace

std::vector<std::string_view> split_gpt2(std::string_view text) {
  const Scanner scanner(text);
  std::vector<std::string_view> pieces;
  for (size_t at = 0; at < text.size(); at += pieces.back().size())
    pieces.push_back(scanner.gpt2_piece(at));
  return pieces;
}

std::vector<std::string_view> split_clip(std::string_view text, bool special_tokens) {
  const Scanner scanner(text);
  std::vector<std::string_view> words;
  size_t at = 0;
  while (at < text.size()) {
    const size_t name = special_tokens ? special_name_length(text.substr(at)) : 0;
    if (name > 0) {
      for (const size_t length : {kSpecialBegin.size(), name, kSpecialEnd.size()}) {
        words.push_back(text.substr(at, length));
        at += length;
      }
    } else if (const std::string_view word = scanner.clip_word(at); !word.empty()) {
      words.push_back(word);
    }
  }
  return words;
}

std::vector<std::string_view> split(std::string_view text, SplitPattern pattern) {
  if (pattern == SplitPattern::kGpt2) return split_gpt2(text);
  return split_clip(text, /*special_tokens=*/pattern == SplitPattern::kClip);
}

}  // namespace lienzo::text
