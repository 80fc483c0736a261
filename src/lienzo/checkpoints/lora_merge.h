#pragma once

#include <torch/types.h>

#include <filesystem>
#include <vector>

#include "lienzo/checkpoints/checkpoint.h"

namespace lienzo::checkpoints {

/// A LoRA and how much of it: 1 is as it was trained, 0 nothing, below 0 the opposite.
struct LoraUse {
  std::filesystem::path path;
  double unet_weight = 1, text_weight = 1;  // of the U-Net's layers, of the text encoders'
};

/// Makes `model` show its weights with the LoRAs in them: W + weight alpha / rank up @ down, summed
/// in fp32 in the order given, and only then converted to `dtype`. It is computed when a tensor is
/// read, so that nothing is held twice, and gives the same bits each time. Only the LoRAs' tables
/// of contents and alphas are read here.
///
/// Every layer of a LoRA must be one of the model with that shape. Throws kInvalidInput naming all
/// that are not, or the family that the LoRA is for when it is another one; what open_lora throws;
/// reading throws kCorrupt for numbers that are not finite.
void merge_loras(Checkpoint& model, const std::vector<LoraUse>& loras, torch::ScalarType dtype);

}  // namespace lienzo::checkpoints
