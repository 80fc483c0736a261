#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "lienzo/base/json.h"
#include "lienzo/weights/tensor_file.h"

namespace lienzo::checkpoints {

/// What PEFT says beside the matrices of a LoRA about how far each counts: diffusers keeps it in
/// the file's metadata ("lora_adapter_metadata"), PEFT itself in adapter_config.json beside
/// adapter_model.safetensors. Sources: huggingface/peft, src/peft/tuners/lora/layer.py
/// (update_layer) and src/peft/utils/other.py (get_pattern_key).
class PeftScale {
 public:
  /// Throws kCorrupt for settings that are no JSON object, kNotFound where a file is named as PEFT
  /// names its own and adapter_config.json is not beside it, kUnsupported for an adapter that is no
  /// LoRA, or one that counts from other weights than the model's.
  static PeftScale of(const weights::TensorFile& lora);

  /// alpha / rank, or alpha / sqrt(rank) (Kalajdzievski 2023, arXiv:2312.03732), of the layer at
  /// `scope`; empty where nothing is said, which stands for alpha = rank. Throws kUnsupported where
  /// patterns for alpha are more than whole names.
  std::optional<double> scale(const std::string& scope, int64_t rank) const;

 private:
  Json settings_ = Json::object();
  std::string where_;  // how messages call them
};

}  // namespace lienzo::checkpoints
