#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace lienzo::text {

/// One of the prompts that AND joins.
struct SubPrompt {
  std::string text;
  double weight = 1;  // of its guidance: uncond + scale * sum(weight * (cond - uncond))
};

/// Splits at the word AND; a part may end in ": weight", "a cat :1.2 AND a dog". Without AND there
/// is one part, whose weight counts too. Source: AUTOMATIC1111/stable-diffusion-webui,
/// modules/prompt_parser.py, get_multicond_prompt_list; Liu et al. 2022 (arXiv:2206.01714). Throws
/// kInvalidInput for text that check_prompt refuses.
std::vector<SubPrompt> split_composition(std::string_view prompt);

}  // namespace lienzo::text
