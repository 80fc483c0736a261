#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>

#include "lienzo/checkpoints/family.h"
#include "lienzo/weights/tensor_index.h"

namespace lienzo::checkpoints {

/// What can be said of a LoRA from its table of contents.
struct LoraFacts {
  /// What it was made for: kSd1, kSd2, kSdXl, kSdXlRefiner, kTransformer, or kUnknown where nothing
  /// tells.
  Family family = Family::kUnknown;
  std::map<std::string, std::string> metadata = {};
};

/// Nothing for a file that is no LoRA or cannot be read.
std::optional<LoraFacts> look_at_lora(const std::filesystem::path& path);

/// What a LoRA with that table of contents was made for; see LoraFacts.
Family lora_family(const weights::TensorIndex& index);

/// As AUTOMATIC1111 tells LoRAs apart (extensions-builtin/Lora/network.py, modules/hashes.py): the
/// SHA-256 that training left in the metadata, or that of all behind the header of a safetensors
/// file, or of the whole file of another format. Its infotexts show the first 12 digits.
std::string automatic1111_hash(const std::filesystem::path& path);

}  // namespace lienzo::checkpoints
