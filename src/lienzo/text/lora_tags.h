#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace lienzo::text {

/// A LoRA that a prompt or an option asks for.
struct LoraTag {
  std::string name;
  double text_weight = 1;  // of the text encoders' layers; -100 to 100
  double unet_weight = 1;  // of the U-Net's

  bool operator==(const LoraTag&) const = default;
};

/// The largest weight, to both sides.
inline constexpr double kLargestLoraWeight = 100;

/// Reads what stands between "<lora:" and ">":
///   name            both weights 1
///   name:0.8        both
///   name:0.8:0.5    of the text encoders, of the U-Net
///   name:te=0.8:unet=0.5
/// Source: AUTOMATIC1111/stable-diffusion-webui, extensions-builtin/Lora/extra_networks_lora.py;
/// unlike there, blanks around a name do not count. Throws kInvalidInput for an empty name and a
/// weight that is no number or too large, kUnsupported for other settings ("dyn", "lbw").
LoraTag parse_lora(std::string_view text);

/// The tag that parse_lora reads: "<lora:name:0.8>".
std::string to_text(const LoraTag& tag);

/// A prompt, and the LoRAs that it asks for.
struct TaggedPrompt {
  std::string words;  // the prompt without its tags; what stood around them is as it was
  std::vector<LoraTag> loras;
};

/// Takes "<lora:...>" and "<lyco:...>", which means the same, out of a prompt wherever they stand
/// (modules/extra_networks.py). Weights of a LoRA that is there twice add up. Other words between <
/// and > are text. Throws what parse_lora throws, kInvalidInput for text that check_prompt refuses,
/// kUnsupported for "<hypernet:...>".
TaggedPrompt split_lora_tags(std::string_view prompt);

/// Adds up the weights of those that have the same name, in the place of the first.
std::vector<LoraTag> summed(const std::vector<LoraTag>& tags);

}  // namespace lienzo::text
