#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "lienzo/text/prompt_attention.h"
#include "lienzo/text/prompt_composition.h"
#include "lienzo/text/prompt_schedule.h"

namespace lienzo::text {

/// How a prompt is read.
enum class PromptSyntax {
  kPlain,          // "plain": every character is text
  kAutomatic1111,  // "a1111": weights, BREAK, editing, alternation, AND
};

/// Throws kInvalidInput for any other name.
PromptSyntax prompt_syntax(std::string_view name);

enum class PromptRole {
  kPositive,
  kNegative,  // AND is a word, as in the reference
};

/// One of the prompts that make a picture together, and what it says over the steps.
struct PromptPart {
  std::vector<ScheduledText> schedule;  // its texts are for weigh_text
  double weight = 1;                    // see SubPrompt
};

/// First stage: which texts to encode, and for which steps. See split_composition and
/// prompt_schedule, whose errors it throws.
std::vector<PromptPart> plan_prompt(
    std::string_view prompt, PromptSyntax syntax, PromptRole role, int steps, int passed = 0);

/// Second stage: what of a text counts how much. See parse_attention, whose errors it throws.
std::vector<WeightedText> weigh_text(std::string_view text, PromptSyntax syntax);

}  // namespace lienzo::text
