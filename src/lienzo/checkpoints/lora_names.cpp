#include "lienzo/checkpoints/lora_names.h"

#include <array>
#include <utility>

namespace lienzo::checkpoints {
namespace {

struct LoraEnding {
  std::string_view text;
  LoraRole role;
};
constexpr std::array kLoraEndings = {
    LoraEnding{".lora_down.weight", LoraRole::kDown},
    LoraEnding{".lora_up.weight", LoraRole::kUp},
    LoraEnding{".lora_mid.weight", LoraRole::kMid},
    LoraEnding{".lora_A.weight", LoraRole::kDown},
    LoraEnding{".lora_B.weight", LoraRole::kUp},
    LoraEnding{".lora_A.default.weight", LoraRole::kDown},
    LoraEnding{".lora_B.default.weight", LoraRole::kUp},
    LoraEnding{".lora_linear_layer.down.weight", LoraRole::kDown},
    LoraEnding{".lora_linear_layer.up.weight", LoraRole::kUp},
    LoraEnding{".lora.down.weight", LoraRole::kDown},
    LoraEnding{".lora.up.weight", LoraRole::kUp},
    LoraEnding{"_lora.down.weight", LoraRole::kDown},
    LoraEnding{"_lora.up.weight", LoraRole::kUp},
    LoraEnding{".alpha", LoraRole::kAlpha},
};

// A part of a name, and the kind of adapter that it gives away.
constexpr std::array<std::pair<std::string_view, std::string_view>, 14> kOthers = {{
    {".hada_w", "LoHa"},
    {".hada_t", "LoHa"},
    {".lokr_w", "LoKr"},
    {".lokr_t", "LoKr"},
    {".dora_scale", "DoRA"},
    {".lora_magnitude_vector", "DoRA"},
    {".oft_", "OFT"},
    {".on_input", "IA3"},
    {".a1.weight", "GLoRA"},
    {".b1.weight", "GLoRA"},
    {".lora_B.bias", "LoRA with biases"},
    {".w_norm", "changed norms beside LoRA"},
    {".b_norm", "changed norms beside LoRA"},
    {".vera_lambda", "VeRA"},
}};

void replace_all(std::string& text, std::string_view old, std::string_view by) {
  for (size_t at = text.find(old); at != std::string::npos; at = text.find(old, at + by.size()))
    text.replace(at, old.size(), by);
}

void replace_end(std::string& text, std::string_view old, std::string_view by) {
  if (text.ends_with(old)) text.replace(text.size() - old.size(), old.size(), by);
}

std::string todays_words(std::string scope) {
  replace_all(scope, "base_model.model.", "");  // of a whole PEFT model
  replace_all(scope, ".processor.", ".");
  if (scope.find("self_attn.") != std::string::npos) {
    replace_end(scope, ".to_q", ".q_proj");
    replace_end(scope, ".to_k", ".k_proj");
    replace_end(scope, ".to_v", ".v_proj");
    replace_end(scope, ".to_out", ".out_proj");
  }
  replace_end(scope, ".to_out", ".to_out.0");
  return scope;
}

}  // namespace

std::optional<LoraName> parse_lora_name(std::string_view name) {
  for (const LoraEnding& ending : kLoraEndings) {
    if (name.size() <= ending.text.size() || !name.ends_with(ending.text)) continue;
    name.remove_suffix(ending.text.size());
    return LoraName{todays_words(std::string(name)), ending.role};
  }
  return std::nullopt;
}

std::string_view other_adapter(std::string_view name) {
  for (const auto& [text, kind] : kOthers) {
    if (name.find(text) != std::string_view::npos) return kind;
  }
  if (name.ends_with(".diff") || name.ends_with(".diff_b")) return "whole differences beside LoRA";
  return {};
}

}  // namespace lienzo::checkpoints
