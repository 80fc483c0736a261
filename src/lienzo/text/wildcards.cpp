#include "lienzo/text/wildcards.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <utility>

#include "lienzo/base/error.h"

namespace lienzo::text {
namespace {

constexpr size_t kLongest = 100'000;
constexpr int kDeepestBraces = 32;  // braces within braces
constexpr int kDeepestFile = 8;     // files within files
constexpr uint64_t kMost = uint64_t{1} << 63;

uint64_t times(uint64_t a, uint64_t b) { return b != 0 && a > kMost / b ? kMost : a * b; }
uint64_t plus(uint64_t a, uint64_t b) { return a > kMost - b ? kMost : a + b; }

/// A text, or one of several alternatives, each a row of pieces.
struct Piece {
  std::string text;
  std::vector<std::vector<Piece>> choices = {};
  uint64_t count = 1;
};
using Row = std::vector<Piece>;

uint64_t count_of(const Row& row) {
  uint64_t count = 1;
  for (const Piece& piece : row) count = times(count, piece.count);
  return count;
}

class Parser {
 public:
  Parser(std::string_view text, const WildcardFiles& files, int files_deep)
      : text_(text), files_(files), files_deep_(files_deep) {
    if (text.size() > kLongest)
      fail(fmt::format("has {} bytes, expected at most {}", text.size(), kLongest));
  }

  Row parse() {
    Row row = parse_row(0);
    if (at_ < text_.size()) fail("has a '}' without its '{'; write \\} for the sign itself");
    return row;
  }

 private:
  [[noreturn]] static void fail(const std::string& problem) {
    throw Error(ErrorKind::kInvalidInput, "[wildcards] the prompt " + problem);
  }

  Row parse_row(int depth) {
    if (depth > kDeepestBraces) fail(fmt::format("has choices more than {} deep", kDeepestBraces));
    Row row;
    std::string plain;
    const auto flush = [&] {
      if (!plain.empty()) row.push_back({.text = std::exchange(plain, "")});
    };
    while (at_ < text_.size()) {
      const char c = text_[at_];
      if (c == '\\' && at_ + 1 < text_.size() &&
          std::string_view("{|}_").find(text_[at_ + 1]) != std::string_view::npos) {
        plain += text_[at_ + 1];
        at_ += 2;
      } else if (c == '{') {
        flush();
        ++at_;
        row.push_back(parse_choice(depth + 1));
      } else if (c == '}' || (c == '|' && depth > 0)) {
        break;
      } else if (text_.substr(at_, 2) == "__" && file_name().size() > 0) {
        flush();
        row.push_back(read_file(std::string(file_name())));
      } else {
        plain += c;
        ++at_;
      }
    }
    flush();
    return row;
  }

  Piece parse_choice(int depth) {
    Piece piece;
    piece.count = 0;
    while (true) {
      piece.choices.push_back(parse_row(depth));
      piece.count = plus(piece.count, count_of(piece.choices.back()));
      if (at_ >= text_.size()) fail("has a '{' without its '}'; write \\{ for the sign itself");
      if (text_[at_++] == '}') return piece;
    }
  }

  /// The name between two "__" that begins here, or nothing.
  std::string_view file_name() const {
    const size_t end = text_.find("__", at_ + 2);
    if (end == std::string_view::npos) return {};
    const std::string_view name = text_.substr(at_ + 2, end - at_ - 2);
    return is_wildcard_name(name) ? name : std::string_view();
  }

  Piece read_file(const std::string& name) {
    if (files_deep_ >= kDeepestFile)
      fail(fmt::format("names files within files more than {} deep, at '{}'", kDeepestFile, name));
    const std::optional<std::vector<std::string>> lines = files_(name);
    if (!lines) fail(fmt::format("names the file of choices '{}', which is not there", name));
    at_ += name.size() + 4;
    Piece piece;
    piece.count = 0;
    for (const std::string& line : *lines) {
      piece.choices.push_back(Parser(line, files_, files_deep_ + 1).parse());
      piece.count = plus(piece.count, count_of(piece.choices.back()));
    }
    if (piece.choices.empty())
      fail(fmt::format("names the file of choices '{}', which is empty", name));
    return piece;
  }

  std::string_view text_;
  const WildcardFiles& files_;
  int files_deep_;
  size_t at_ = 0;
};

/// The prompt of this number, the last choice changing fastest.
void write(const Row& row, uint64_t number, std::string& out) {
  std::vector<uint64_t> after(row.size() + 1, 1);  // prompts that the pieces behind stand for
  for (size_t i = row.size(); i-- > 0;) after[i] = times(after[i + 1], row[i].count);
  for (size_t i = 0; i < row.size(); ++i) {
    uint64_t index = number / after[i + 1];
    number %= after[i + 1];
    if (row[i].choices.empty()) out += row[i].text;
    for (const Row& choice : row[i].choices) {
      const uint64_t count = count_of(choice);
      if (index < count) {
        write(choice, index, out);
        break;
      }
      index -= count;
    }
  }
}

}  // namespace

bool is_wildcard_name(std::string_view name) {
  return !name.empty() && name.size() <= 64 && name[0] != '.' &&
         std::all_of(name.begin(), name.end(), [](unsigned char c) {
           return std::isalnum(c) || c == '-' || c == '_' || c == '.';
         });
}

Expansion expand_wildcards(std::string_view prompt, const WildcardFiles& files, size_t limit) {
  const Row row = Parser(prompt, files, 0).parse();
  Expansion expansion{.count = count_of(row)};
  for (uint64_t i = 0; i < expansion.count && i < limit; ++i) {
    std::string text;
    write(row, i, text);
    if (text.size() > kLongest) {
      throw Error(ErrorKind::kInvalidInput,
                  fmt::format("[wildcards] a prompt gets {} bytes long, expected at most {}",
                              text.size(),
                              kLongest));
    }
    expansion.prompts.push_back(std::move(text));
  }
  return expansion;
}

}  // namespace lienzo::text
