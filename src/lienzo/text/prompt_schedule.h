#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace lienzo::text {

/// What a prompt says up to a step.
struct ScheduledText {
  int end_step = 0;  // the last step, counted from 1, that this text is for
  std::string text;
};

/// Most bytes that the texts of one schedule may have together.
inline constexpr size_t kLargestSchedule = size_t{64} << 20;

/// Reads AUTOMATIC1111's prompt editing and alternation:
///   [from:to:when]  `from` up to step `when`, then `to`
///   [to:when]       nothing, then `to`
///   [from::when]    `from`, then nothing
///   [a|b|c]         one after the other, a new one at each step
/// `when` is a step, or with a point a share of the steps ("0.5", but also "1.0": all of them).
/// They nest in each other and in brackets of weights, which stay as they are for parse_attention.
/// Brackets and colons that make none of these are text. A | outside [a|b], a backslash at the end
/// or before a line break, and nothing else, make the whole prompt text.
///
/// With `passed`, the steps are those of a second pass after a first one of `passed` steps: whole
/// numbers go on counting from there, and shares from 1.0.
///
/// The last entry ends at `steps`; neighbours may have equal texts. Source:
/// AUTOMATIC1111/stable-diffusion-webui, modules/prompt_parser.py,
/// get_learned_conditioning_prompt_schedules. Linear in the length for each entry. Throws
/// kInvalidInput for text that check_prompt refuses, for steps < 1, passed < 0, or a schedule
/// larger than kLargestSchedule.
std::vector<ScheduledText> prompt_schedule(std::string_view prompt, int steps, int passed = 0);

}  // namespace lienzo::text
