#pragma once

#include <optional>
#include <string>
#include <string_view>

/// How LoRA files call their tensors, without regard to which network they are for. Read from
/// kohya-ss/sd-scripts (networks/lora.py), KohakuBlueleaf/LyCORIS (lycoris/modules) and
/// huggingface/diffusers v0.36 (utils/state_dict_utils.py).
namespace lienzo::checkpoints {

enum class LoraRole {
  kDown,   // (rank, in...): "lora_down", "lora_A", "lora.down"
  kUp,     // (out, rank...): "lora_up", "lora_B", "lora.up"
  kMid,    // (rank, rank, h, w): the core of a Tucker decomposition
  kAlpha,  // one number
};

struct LoraName {
  /// The layer, in the words of today: marks of attention processors are gone, "to_out" is
  /// "to_out.0", and "to_q" of a text encoder "q_proj". In kohya's layout, where underscores stand
  /// for dots, it is as the file has it.
  std::string scope;
  LoraRole role = LoraRole::kDown;
};

/// What a tensor's name says; nothing for names that are none of a LoRA.
std::optional<LoraName> parse_lora_name(std::string_view name);

/// "LoHa", "LoKr", "DoRA"... where a tensor belongs to another kind of adapter; "" otherwise.
std::string_view other_adapter(std::string_view name);

}  // namespace lienzo::checkpoints
