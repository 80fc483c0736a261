#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "lienzo/checkpoints/family.h"
#include "lienzo/weights/tensor_file.h"

namespace lienzo::checkpoints {

/// One layer that a LoRA changes: by alpha / rank times up @ down (Hu et al. 2021,
/// arXiv:2106.09685, section 4.1), for a convolution the same over its kernel, or with a core
/// between the two (a Tucker decomposition, Yeh et al. 2023, arXiv:2309.14859, section 3.1).
struct LoraLayer {
  std::string scope;     // LoraName
  std::string down, up;  // names of its tensors in the file
  std::string mid = {};  // the core; empty where there is none
  double scale = 1;      // alpha / rank, or what the metadata says instead
};

/// A file of low-rank changes to the layers of a model.
struct LoraFile {
  std::filesystem::path path = {};
  std::shared_ptr<const weights::TensorFile> tensors = {};
  std::vector<LoraLayer> layers = {};  // by scope
  /// What it was made for: kSd1, kSd2, kSdXl, kSdXlRefiner, kTransformer, or kUnknown where nothing
  /// tells.
  Family family = Family::kUnknown;
};

/// Opens a LoRA of any layout (lora_names.h) and checks that every layer has all its parts; only
/// the alphas are read. Throws kNotFound; kInvalidInput for a file of another kind, saying which;
/// kUnsupported for LoHa, LoKr, DoRA and their kin, by name; kCorrupt naming every layer with a
/// part missing, ranks that differ, or an alpha that is no number.
LoraFile open_lora(const std::filesystem::path& path);

}  // namespace lienzo::checkpoints
