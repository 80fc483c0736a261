#include "lienzo/text/prompt_syntax.h"

#include "lienzo/base/error.h"
#include "lienzo/text/prompt_scan.h"

namespace lienzo::text {

PromptSyntax prompt_syntax(std::string_view name) {
  if (name == "plain") return PromptSyntax::kPlain;
  if (name == "a1111") return PromptSyntax::kAutomatic1111;
  throw Error(ErrorKind::kInvalidInput,
              "[prompt] syntax '" + excerpt(name) + "', expected plain or a1111");
}

std::vector<PromptPart> plan_prompt(
    std::string_view prompt, PromptSyntax syntax, PromptRole role, int steps, int passed) {
  if (syntax == PromptSyntax::kPlain) {
    check_prompt(prompt);
    check_steps(steps, passed);
    return {{{{steps, std::string(prompt)}}, 1}};
  }
  if (role == PromptRole::kNegative) return {{prompt_schedule(prompt, steps, passed), 1}};
  std::vector<PromptPart> parts;
  for (const SubPrompt& part : split_composition(prompt))
    parts.push_back({prompt_schedule(part.text, steps, passed), part.weight});
  return parts;
}

std::vector<WeightedText> weigh_text(std::string_view text, PromptSyntax syntax) {
  if (syntax == PromptSyntax::kAutomatic1111) return parse_attention(text);
  check_prompt(text);
  return {{std::string(text), 1}};
}

}  // namespace lienzo::text
