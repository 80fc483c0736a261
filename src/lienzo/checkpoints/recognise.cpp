#include "lienzo/checkpoints/recognise.h"

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <string_view>

#include "lienzo/checkpoints/config_from_shapes.h"

namespace lienzo::checkpoints {
namespace {

using weights::TensorIndex;
using weights::TensorInfo;

// Names by which a kind gives itself away wherever they stand in a name.
struct Sign {
  Family family;
  std::string_view text;
};
constexpr std::array kSigns = {
    Sign{Family::kLora, ".lora_down."},
    Sign{Family::kLora, ".lora_up."},
    Sign{Family::kLora, ".lora_A."},
    Sign{Family::kLora, ".lora_B."},
    Sign{Family::kLora, ".lora.down."},
    Sign{Family::kLora, ".lora.up."},
    Sign{Family::kLora, "_lora.down."},
    Sign{Family::kLora, "_lora.up."},
    Sign{Family::kLora, ".hada_w1_"},
    Sign{Family::kLora, ".lokr_w"},
    Sign{Family::kControlNet, "control_model."},
    Sign{Family::kControlNet, "controlnet_"},
    Sign{Family::kControlNet, "input_hint_block."},
    Sign{Family::kControlNet, "lllite_unet"},
    Sign{Family::kControlNet, "image_proj."},
    Sign{Family::kControlNet, "ip_adapter."},
    Sign{Family::kControlNet, "adapter.body."},
    Sign{Family::kOtherUNet, "motion_modules."},
    Sign{Family::kTransformer, "joint_blocks.0."},
    Sign{Family::kTransformer, "double_blocks.0."},
    Sign{Family::kTransformer, "single_transformer_blocks.0."},
};

Family tell_by_signs(const TensorIndex& index) {
  for (const TensorInfo& tensor : index.tensors()) {
    for (const Sign& sign : kSigns) {
      if (tensor.name.find(sign.text) != std::string::npos) return sign.family;
    }
  }
  return Family::kUnknown;
}

bool has(const TensorIndex& index, std::string_view prefix, std::string_view scope) {
  return index.has_scope(std::string(prefix) + std::string(scope));
}

std::optional<FoundPart> find_unet(const TensorIndex& index) {
  for (const std::string_view prefix : {"model.diffusion_model.", ""}) {
    if (has(index, prefix, "input_blocks") && has(index, prefix, "output_blocks"))
      return FoundPart{Part::kUNet, std::string(prefix), Naming::kOriginal};
    if (has(index, prefix, "down_blocks") && has(index, prefix, "up_blocks") &&
        has(index, prefix, "time_embedding"))
      return FoundPart{Part::kUNet, std::string(prefix), Naming::kDiffusers};
  }
  return std::nullopt;
}

std::optional<FoundPart> find_vae(const TensorIndex& index) {
  for (const std::string_view prefix : {"first_stage_model.", "vae.", ""}) {
    if (has(index, prefix, "decoder.up") && has(index, prefix, "encoder.down"))
      return FoundPart{Part::kVae, std::string(prefix), Naming::kOriginal};
    if (has(index, prefix, "decoder.up_blocks") && has(index, prefix, "encoder.down_blocks"))
      return FoundPart{Part::kVae, std::string(prefix), Naming::kDiffusers};
  }
  return std::nullopt;
}

// Where text encoders lie in whole models: transformers' names or OpenCLIP's below the prefix.
constexpr std::array<std::pair<std::string_view, Part>, 2> kClipPlaces = {{
    {"cond_stage_model.transformer.", Part::kTextEncoder},
    {"conditioner.embedders.0.transformer.", Part::kTextEncoder},
}};
constexpr std::array<std::pair<std::string_view, Part>, 3> kOpenClipPlaces = {{
    {"cond_stage_model.model.", Part::kTextEncoder},
    {"conditioner.embedders.0.model.", Part::kTextEncoder2},
    {"conditioner.embedders.1.model.", Part::kTextEncoder2},
}};

void find_text_encoders(const TensorIndex& index, std::vector<FoundPart>& parts) {
  for (const auto& [prefix, part] : kClipPlaces) {
    if (has(index, prefix, "text_model") || has(index, prefix, "encoder.layers"))
      parts.push_back({part, std::string(prefix), Naming::kDiffusers});
  }
  for (const auto& [prefix, part] : kOpenClipPlaces) {
    if (has(index, prefix, "transformer.resblocks"))
      parts.push_back({part, std::string(prefix), Naming::kOriginal});
  }
}

std::optional<FoundPart> find_bare_text_encoder(const TensorIndex& index) {
  if (index.has_scope("text_model") ||
      (index.has_scope("encoder.layers") && index.has_scope("embeddings")))
    return FoundPart{Part::kTextEncoder, "", Naming::kDiffusers};
  if (index.has_scope("transformer.resblocks") && index.contains("token_embedding.weight"))
    return FoundPart{Part::kTextEncoder, "", Naming::kOriginal};
  return std::nullopt;
}

std::optional<FoundPart> find_taesd(const TensorIndex& index) {
  if (index.contains("encoder.layers.0.weight") || index.contains("decoder.layers.0.weight"))
    return FoundPart{Part::kTaesd, "", Naming::kDiffusers};
  if (index.contains("3.conv.0.weight") &&
      (index.contains("0.weight") || index.contains("1.weight")))
    return FoundPart{Part::kTaesd, "", Naming::kOriginal};
  return std::nullopt;
}

bool is_upscaler(const TensorIndex& index) {
  return index.has_scope("params_ema") || index.has_scope("params") ||
         index.contains("conv_first.weight") || index.has_scope("model.1.sub") ||
         (index.contains("body.0.weight") && index.contains("body.1.weight"));
}

bool is_textual_inversion(const TensorIndex& index) {
  if (index.contains("emb_params") || index.has_scope("string_to_param")) return true;
  if (index.size() == 0 || index.size() > 2) return false;
  return std::all_of(index.tensors().begin(), index.tensors().end(), [](const TensorInfo& tensor) {
    return tensor.shape.size() <= 2 && tensor.name.find('.') == std::string::npos;
  });
}

Family unet_family(const TensorIndex& index, const FoundPart& unet) {
  const auto at = [&](std::string_view name) { return unet.prefix + std::string(name); };
  if (index.contains("edm_mean") || index.has_scope(at("class_embedding")) ||
      index.contains(at("label_emb.weight")) || index.has_scope(at("encoder_hid_proj")))
    return Family::kOtherUNet;
  const models::UNet2DConditionConfig config = unet_config_from_shapes(index, unet);
  const bool inpaint = config.in_channels == 9;
  if ((!inpaint && config.in_channels != 4) || config.cross_attention_levels.empty())
    return Family::kOtherUNet;
  if (config.text_time) {
    if (config.cross_attention_levels.front()) return Family::kOtherUNet;  // SD 2 unCLIP
    if (config.cross_attention_levels.size() > 3)
      return inpaint ? Family::kOtherUNet : Family::kSdXlRefiner;
    return inpaint ? Family::kSdXlInpaint : Family::kSdXl;
  }
  if (config.use_linear_projection) return inpaint ? Family::kSd2Inpaint : Family::kSd2;
  return inpaint ? Family::kSd1Inpaint : Family::kSd1;
}

}  // namespace

Recognised recognise(const TensorIndex& index) {
  Recognised found;
  if (index.metadata().contains("lienzo.kind")) return {Family::kLienzo, {}};
  found.family = tell_by_signs(index);
  if (found.family != Family::kUnknown) return found;

  if (const auto unet = find_unet(index)) {
    found.family = unet_family(index, *unet);
    found.parts.push_back(*unet);
  }
  if (const auto vae = find_vae(index)) found.parts.push_back(*vae);
  find_text_encoders(index, found.parts);
  if (found.parts.empty()) {
    if (const auto taesd = find_taesd(index)) {
      found.parts.push_back(*taesd);
    } else if (const auto text = find_bare_text_encoder(index)) {
      found.parts.push_back(*text);
    }
  }
  if (found.family != Family::kUnknown) return found;

  if (!found.parts.empty()) {
    const Part first = found.parts.front().part;
    found.family = first == Part::kVae     ? Family::kVae
                   : first == Part::kTaesd ? Family::kTaesd
                                           : Family::kClipText;
  } else if (is_upscaler(index)) {
    found.family = Family::kUpscaler;
  } else if (is_textual_inversion(index)) {
    found.family = Family::kTextualInversion;
  }
  return found;
}

}  // namespace lienzo::checkpoints
