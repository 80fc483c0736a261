#include "lienzo/checkpoints/lora_facts.h"

#include <algorithm>
#include <cstring>
#include <initializer_list>

#include "lienzo/base/error.h"
#include "lienzo/base/file.h"
#include "lienzo/base/hash.h"
#include "lienzo/checkpoints/lora_names.h"
#include "lienzo/checkpoints/recognise.h"
#include "lienzo/weights/open_tensor_file.h"

namespace lienzo::checkpoints {
namespace {

namespace fs = std::filesystem;
using weights::TensorIndex;
using weights::TensorInfo;

// The width of the text that a cross attention reads.
int64_t context_width(const TensorIndex& index) {
  for (const TensorInfo& tensor : index.tensors()) {
    const auto name = parse_lora_name(tensor.name);
    if (!name || name->role != LoraRole::kDown || tensor.shape.size() < 2) continue;
    for (const std::string_view end : {"attn2_to_k", "attn2.to_k", "attn2_to_v", "attn2.to_v"}) {
      if (name->scope.ends_with(end)) return tensor.shape[1];
    }
  }
  return 0;
}

bool any_name(const TensorIndex& index, std::initializer_list<std::string_view> words) {
  return std::any_of(index.tensors().begin(), index.tensors().end(), [&](const TensorInfo& tensor) {
    return std::any_of(words.begin(), words.end(), [&](std::string_view word) {
      return tensor.name.find(word) != std::string::npos;
    });
  });
}

// SD 1 has convolutions around its transformers, SD 2 linear layers.
Family family_of_first_level(const TensorIndex& index) {
  for (const TensorInfo& tensor : index.tensors()) {
    const auto name = parse_lora_name(tensor.name);
    if (!name || name->role != LoraRole::kDown) continue;
    if (name->scope.ends_with("proj_in") || name->scope.ends_with("proj_out"))
      return tensor.shape.size() == 4 ? Family::kSd1 : Family::kSd2;
  }
  return Family::kUnknown;
}

Family family_of_metadata(const std::map<std::string, std::string>& metadata) {
  const auto value = [&](const char* key) {
    const auto found = metadata.find(key);
    return found == metadata.end() ? std::string() : found->second;
  };
  const std::string base = value("ss_base_model_version") + value("modelspec.architecture");
  if (base.starts_with("sdxl") || base.find("stable-diffusion-xl") != std::string::npos)
    return Family::kSdXl;
  if (value("ss_v2") == "True" || base.find("stable-diffusion-v2") != std::string::npos)
    return Family::kSd2;
  if (base.starts_with("sd_v1") || base.find("stable-diffusion-v1") != std::string::npos)
    return Family::kSd1;
  return Family::kUnknown;
}

}  // namespace

Family lora_family(const TensorIndex& index) {
  if (any_name(index,
               {"double_blocks",
                "single_blocks",
                "joint_blocks",
                "single_transformer_blocks",
                "joint_transformer_blocks",
                "lora_transformer_"}) ||
      std::any_of(index.tensors().begin(), index.tensors().end(), [](const TensorInfo& tensor) {
        return tensor.name.starts_with("transformer.");
      }))
    return Family::kTransformer;
  switch (context_width(index)) {
    case 768: return Family::kSd1;
    case 1024: return Family::kSd2;
    case 1280: return Family::kSdXlRefiner;
    case 2048: return Family::kSdXl;
    default: break;
  }
  // XL has two text encoders, more than one transformer in a row, and no attention in its first
  // level; kohya's trainer uses the names of SGM for XL only.
  if (any_name(index,
               {"lora_te1_",
                "lora_te2_",
                "text_encoder_2.",
                "lora_unet_input_blocks_",
                "lora_unet_output_blocks_",
                "lora_unet_middle_block_",
                "transformer_blocks_1_",
                "transformer_blocks.1."}))
    return Family::kSdXl;
  const Family said = family_of_metadata(index.metadata());
  if (said != Family::kUnknown) return said;
  if (any_name(index, {"down_blocks_0_attentions", "down_blocks.0.attentions", "lora_te_"}))
    return family_of_first_level(index);
  return Family::kUnknown;
}

std::optional<LoraFacts> look_at_lora(const fs::path& path) {
  try {
    const auto file = weights::open_tensor_file(path);
    if (recognise(file->index()).family != Family::kLora) return std::nullopt;
    return LoraFacts{lora_family(file->index()), file->index().metadata()};
  } catch (const Error&) {
    return std::nullopt;
  }
}

std::string automatic1111_hash(const fs::path& path) {
  if (path.extension() != ".safetensors") return sha256_file(path);
  const auto file = weights::open_tensor_file(path);
  const auto& metadata = file->index().metadata();
  const auto said = metadata.find("sshs_model_hash");
  if (said != metadata.end() && said->second.size() == 64) return said->second;
  const MappedFile mapped(path);
  const auto bytes = mapped.bytes();
  uint64_t header = 0;
  if (bytes.size() < sizeof(header)) return sha256_hex(bytes);
  std::memcpy(&header, bytes.data(), sizeof(header));
  if (header > bytes.size() - sizeof(header)) return sha256_hex(bytes);
  return sha256_hex(bytes.subspan(sizeof(header) + header));
}

}  // namespace lienzo::checkpoints
