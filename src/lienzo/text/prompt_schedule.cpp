#include "lienzo/text/prompt_schedule.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <set>

#include "lienzo/base/error.h"
#include "lienzo/text/prompt_scan.h"

namespace lienzo::text {

namespace {

constexpr std::string_view kMarks = "()[]:|";

/// One mark, or the text between two.
struct Token {
  char mark = 0;  // 0 for text
  std::string_view text;
};

/// Cuts the prompt at its marks; nothing when it has a backslash without a character behind it.
std::optional<std::vector<Token>> tokenize(std::string_view prompt) {
  std::vector<Token> tokens;
  size_t begin = 0;  // of the text not yet taken
  const auto take_text = [&](size_t end) {
    if (end > begin) tokens.push_back({0, prompt.substr(begin, end - begin)});
  };
  size_t at = 0;
  while (at < prompt.size()) {
    const char c = prompt[at];
    if (c == '\\') {
      if (at + 1 == prompt.size() || prompt[at + 1] == '\n') return std::nullopt;
      at += 2;
    } else if (kMarks.find(c) != std::string_view::npos) {
      take_text(at);
      tokens.push_back({c, prompt.substr(at, 1)});
      begin = ++at;
    } else {
      ++at;
    }
  }
  take_text(prompt.size());
  return tokens;
}

/// A stretch of tokens.
struct Range {
  size_t begin = 0;
  size_t end = 0;
};

/// [from:to:when] or [a|b|c].
struct Choice {
  size_t close = 0;            // its last token
  std::vector<Range> options;  // from and to, or those that take turns
  std::string_view when;       // empty: they take turns
};

/// A bracket still open, and what stands between it and here at its own level.
struct OpenBracket {
  size_t token = 0;
  std::vector<size_t> colons;
  std::vector<size_t> bars;
};

/// Whether `text` is a number of the grammar, SIGNED_NUMBER of lark: digits with optional sign,
/// point and exponent.
bool is_step_number(std::string_view text) {
  const auto digits = [&] {
    const size_t count = std::min(text.find_first_not_of("0123456789"), text.size());
    text.remove_prefix(count);
    return count;
  };
  const auto skip = [&](std::string_view any) {
    const bool there = !text.empty() && any.find(text.front()) != std::string_view::npos;
    if (there) text.remove_prefix(1);
    return there;
  };
  skip("+-");
  size_t count = digits();
  if (skip(".")) count += digits();
  if (count == 0) return false;
  if (skip("eE")) {
    skip("+-");
    if (digits() == 0) return false;
  }
  return text.empty();
}

/// Finds the choices of a prompt. Brackets pair up in one way only: a pair whose inside is not what
/// the grammar allows is text, and so is every bracket around it, since text may not hold single
/// brackets anywhere but outside all pairs.
class ScheduleGrammar {
 public:
  explicit ScheduleGrammar(std::string_view prompt) {
    std::optional<std::vector<Token>> tokens = tokenize(prompt);
    if (!tokens) return;
    tokens_ = std::move(*tokens);
    choices_.resize(tokens_.size());
    literal_ = false;
    for (size_t i = 0; i < tokens_.size(); ++i) read(i);
    give_up_open();
  }

  /// Whether the prompt is to be taken as it is written.
  bool literal() const { return literal_; }

  template <class Visit>
  void for_each_choice(const Visit& visit) const {
    for (const std::optional<Choice>& choice : choices_) {
      if (choice) visit(*choice);
    }
  }

  /// The text with an option picked of each choice.
  template <class Pick>
  std::string text(const Pick& pick) const {
    std::string result;
    std::vector<Range> rest = {{0, tokens_.size()}};
    while (!rest.empty()) {
      Range& range = rest.back();
      if (range.begin == range.end) {
        rest.pop_back();
        continue;
      }
      const std::optional<Choice>& choice = choices_[range.begin];
      if (!choice) {
        result += tokens_[range.begin++].text;
        continue;
      }
      range.begin = choice->close + 1;
      rest.push_back(choice->options[pick(*choice)]);
    }
    return result;
  }

 private:
  void read(size_t i) {
    switch (tokens_[i].mark) {
      case '(':
      case '[': open_.push_back({i, {}, {}}); break;
      case ')': close(i, '('); break;
      case ']': close(i, '['); break;
      case ':':
        if (!open_.empty()) open_.back().colons.push_back(i);
        break;
      case '|':
        if (open_.empty())
          literal_ = true;
        else
          open_.back().bars.push_back(i);
        break;
      default: break;
    }
  }

  void close(size_t i, char expected) {
    if (open_.empty()) return;
    const OpenBracket& bracket = open_.back();
    if (tokens_[bracket.token].mark != expected || !accept(bracket, i)) {
      give_up_open();
    } else {
      open_.pop_back();
    }
  }

  /// Notes the choice that the pair makes, if any; false when it is nothing of the grammar.
  bool accept(const OpenBracket& bracket, size_t close) {
    if (bracket.colons.empty() && bracket.bars.empty()) return true;
    if (tokens_[bracket.token].mark == '(')
      return bracket.bars.empty() && bracket.colons.size() == 1;
    Choice choice{close, {}, {}};
    size_t begin = bracket.token + 1;
    const auto add_option = [&](size_t end) {
      choice.options.push_back({begin, end});
      begin = end + 1;
    };
    if (bracket.colons.empty()) {
      for (const size_t bar : bracket.bars) add_option(bar);
      add_option(close);
    } else {
      const size_t last = bracket.colons.back();
      if (!bracket.bars.empty() || bracket.colons.size() > 2 || close != last + 2) return false;
      const std::string_view text = tokens_[last + 1].text;
      const size_t number = skip_blanks(text, 0);
      const size_t end = skip_blanks_back(text, text.size());
      if (number >= end || !is_step_number(text.substr(number, end - number))) return false;
      choice.when = text.substr(number, end - number);
      if (bracket.colons.size() == 1) choice.options.push_back({});
      for (const size_t colon : bracket.colons) add_option(colon);
    }
    choices_[bracket.token] = std::move(choice);
    return true;
  }

  /// All open brackets turn out to be text.
  void give_up_open() {
    for (const OpenBracket& bracket : open_) literal_ = literal_ || !bracket.bars.empty();
    open_.clear();
  }

  bool literal_ = true;
  std::vector<Token> tokens_;
  std::vector<std::optional<Choice>> choices_;  // by their first token
  std::vector<OpenBracket> open_;
};

/// The last step of the first option: below 1 when it is never seen.
int switch_step(std::string_view when, int steps, int passed) {
  double step = parse_number(when).value();
  if (when.find('.') != std::string_view::npos) {
    step = (step - (passed > 0 ? 1 : 0)) * steps;
  } else {
    step -= passed;
  }
  return static_cast<int>(std::clamp<double>(std::trunc(step), -1, steps));
}

}  // namespace

std::vector<ScheduledText> prompt_schedule(std::string_view prompt, int steps, int passed) {
  check_prompt(prompt);
  check_steps(steps, passed);
  const ScheduleGrammar grammar(prompt);
  if (grammar.literal()) return {{steps, std::string(prompt)}};

  std::set<int> ends = {steps};
  bool alternates = false;
  grammar.for_each_choice([&](const Choice& choice) {
    if (choice.when.empty()) {
      alternates = true;
    } else if (const int step = switch_step(choice.when, steps, passed); step >= 1) {
      ends.insert(step);
    }
  });
  const size_t count = alternates ? static_cast<size_t>(steps) : ends.size();
  if (count > kLargestSchedule / std::max<size_t>(prompt.size(), 1)) {
    throw Error(ErrorKind::kInvalidInput,
                "[prompt] a prompt of " + std::to_string(prompt.size()) + " bytes that changes " +
                    std::to_string(count) + " times is too large, expected at most " +
                    std::to_string(kLargestSchedule) + " bytes in all");
  }
  if (alternates) {
    for (int step = 1; step < steps; ++step) ends.insert(step);
  }

  std::vector<ScheduledText> schedule;
  schedule.reserve(ends.size());
  for (const int step : ends) {
    schedule.push_back({step, grammar.text([&](const Choice& choice) -> size_t {
                          if (choice.when.empty()) return (step - 1) % choice.options.size();
                          return step <= switch_step(choice.when, steps, passed) ? 0 : 1;
                        })});
  }
  return schedule;
}

}  // namespace lienzo::text
