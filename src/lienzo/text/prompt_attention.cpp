#include "lienzo/text/prompt_attention.h"

#include <cmath>
#include <optional>

#include "lienzo/base/error.h"
#include "lienzo/text/prompt_scan.h"

namespace lienzo::text {

namespace {

constexpr double kRoundFactor = 1.1;
constexpr double kSquareFactor = 1 / 1.1;
constexpr double kBreakWeight = -1;
constexpr std::string_view kBreak = "BREAK";
constexpr std::string_view kSpecial = "\\()[]:";

/// ":1.3)" as found in the prompt.
struct ExplicitWeight {
  std::string_view number;
  size_t end;
};

class AttentionReader {
 public:
  explicit AttentionReader(std::string_view prompt) : prompt_(prompt) {}

  std::vector<WeightedText> read() {
    for (size_t at = 0; at < prompt_.size();) at = read_piece(at);
    for (const size_t begin : round_) multiply_from(begin, kRoundFactor);
    for (const size_t begin : square_) multiply_from(begin, kSquareFactor);
    if (pieces_.empty()) pieces_.push_back({"", 1});
    return merged();
  }

 private:
  /// Returns where the next piece begins.
  size_t read_piece(size_t at) {
    switch (prompt_[at]) {
      case '\\': return read_escape(at);
      case '(': open(round_); return at + 1;
      case '[': open(square_); return at + 1;
      case ')':
        if (round_.empty()) break;
        close(round_, kRoundFactor);
        return at + 1;
      case ']':
        if (square_.empty()) break;
        close(square_, kSquareFactor);
        return at + 1;
      case ':':
        if (const auto weight = explicit_weight(at)) return read_weight(at, *weight);
        break;
      default: {
        const size_t end = std::min(prompt_.find_first_of(kSpecial, at), prompt_.size());
        add_text(prompt_.substr(at, end - at));
        return end;
      }
    }
    pieces_.push_back({std::string(1, prompt_[at]), 1});
    return at + 1;
  }

  size_t read_escape(size_t at) {
    constexpr std::string_view kEscapable = "()[]\\";
    const bool escapes =
        at + 1 < prompt_.size() && kEscapable.find(prompt_[at + 1]) != kEscapable.npos;
    pieces_.push_back({escapes ? std::string(1, prompt_[at + 1]) : "", 1});
    return at + (escapes ? 2 : 1);
  }

  std::optional<ExplicitWeight> explicit_weight(size_t colon) const {
    const size_t begin = skip_blanks(prompt_, colon + 1);
    size_t at = begin;
    if (at < prompt_.size() && (prompt_[at] == '+' || prompt_[at] == '-')) ++at;
    const size_t digits = at;
    for (size_t next = at;; at = next) {
      next = at < prompt_.size() && prompt_[at] == '.' ? at + 1 : skip_digits(prompt_, at);
      if (next == at) break;
    }
    if (at == digits) return std::nullopt;
    const size_t close = skip_blanks(prompt_, at);
    if (close >= prompt_.size() || prompt_[close] != ')') return std::nullopt;
    return ExplicitWeight{prompt_.substr(begin, at - begin), close + 1};
  }

  size_t read_weight(size_t colon, const ExplicitWeight& weight) {
    if (round_.empty()) {
      pieces_.push_back({std::string(prompt_.substr(colon, weight.end - colon)), 1});
      return weight.end;
    }
    const std::optional<double> factor = parse_number(weight.number);
    if (!factor) {
      throw Error(
          ErrorKind::kInvalidInput,
          "[prompt] the weight '" + excerpt(weight.number) +
              "' is not a number, expected one such as 1.3; write \\( \\) for brackets that "
              "are text");
    }
    close(round_, *factor);
    return weight.end;
  }

  /// Text between brackets, cut at BREAK and the blanks around it.
  void add_text(std::string_view text) {
    size_t begin = 0;
    for (const size_t word : find_words(text, kBreak)) {
      // Blanks between two marks belong to the first.
      const size_t end = std::max(begin, skip_blanks_back(text, word));
      pieces_.push_back({std::string(text.substr(begin, end - begin)), 1});
      pieces_.push_back({std::string(kBreak), kBreakWeight});
      begin = skip_blanks(text, word + kBreak.size());
    }
    pieces_.push_back({std::string(text.substr(begin)), 1});
  }

  void open(std::vector<size_t>& brackets) {
    if (round_.size() + square_.size() >= kDeepestBrackets) {
      throw Error(ErrorKind::kInvalidInput,
                  "[prompt] brackets are nested deeper than " + std::to_string(kDeepestBrackets) +
                      " levels; write \\( \\) \\[ \\] for brackets that are text");
    }
    brackets.push_back(pieces_.size());
  }

  void close(std::vector<size_t>& brackets, double factor) {
    multiply_from(brackets.back(), factor);
    brackets.pop_back();
  }

  void multiply_from(size_t begin, double factor) {
    for (size_t i = begin; i < pieces_.size(); ++i) pieces_[i].weight *= factor;
  }

  std::vector<WeightedText> merged() {
    std::vector<WeightedText> result;
    for (WeightedText& piece : pieces_) {
      if (!std::isfinite(piece.weight)) {
        throw Error(
            ErrorKind::kInvalidInput,
            "[prompt] the weight of '" + excerpt(piece.text) + "' is too large for a number");
      }
      if (!result.empty() && result.back().weight == piece.weight) {
        result.back().text += piece.text;
      } else {
        result.push_back(std::move(piece));
      }
    }
    return result;
  }

  std::string_view prompt_;
  std::vector<WeightedText> pieces_;
  std::vector<size_t> round_;  // for each open bracket, the first piece it holds
  std::vector<size_t> square_;
};

}  // namespace

bool is_break(const WeightedText& piece) {
  return piece.weight == kBreakWeight && piece.text == kBreak;
}

std::vector<WeightedText> parse_attention(std::string_view prompt) {
  check_prompt(prompt);
  return AttentionReader(prompt).read();
}

}  // namespace lienzo::text
