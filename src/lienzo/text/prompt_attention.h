#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace lienzo::text {

/// A piece of a prompt and how much it counts: its tokens' embeddings are multiplied by `weight`.
struct WeightedText {
  std::string text;
  double weight = 1;  // finite; negative and zero are allowed
};

/// Brackets that may be open at once; more would make weights beyond all use (1.1^1000).
inline constexpr int kDeepestBrackets = 1000;

/// Whether the piece is the mark BREAK, behind which a new chunk of tokens begins. In brackets
/// BREAK is an ordinary word, as in the reference: its weight is not -1 any more.
bool is_break(const WeightedText& piece);

/// Reads AUTOMATIC1111's attention weights:
///   (text)      times 1.1            [text]      divided by 1.1
///   (text:1.3)  times 1.3            \( \) \[ \] \\  the character itself
///   BREAK       a piece of its own   other backslashes vanish
/// Brackets nest; those never closed act to the end; closing ones without an opening one, and
/// weights outside (), are text. Neighbours of equal weight are one piece; there is at least one
/// piece. Source: AUTOMATIC1111/stable-diffusion-webui, modules/prompt_parser.py,
/// parse_prompt_attention, multiplied in the same order, so that weights are equal to the last bit.
/// Unlike it, what is no number, as in (text:1.2.3), is refused and does not crash. Throws
/// kInvalidInput for that, for text that check_prompt refuses, for brackets nested deeper than
/// kDeepestBrackets and for weights that overflow.
std::vector<WeightedText> parse_attention(std::string_view prompt);

}  // namespace lienzo::text
