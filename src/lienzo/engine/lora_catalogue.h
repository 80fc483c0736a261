#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "lienzo/checkpoints/lora_facts.h"

namespace lienzo::engine {

/// What a file of a LoRA is called: its own name without extension, or its folder's where programs
/// call all of them the same: "adapter_model" (PEFT), "pytorch_lora_weights" (diffusers).
std::string lora_name(const std::filesystem::path& file);

/// A LoRA of the model folder.
struct LoraEntry {
  std::string name;   // as prompts call it: lora_name(), with its folders where another shares it
  std::string alias;  // as its trainer called it (ss_output_name); or ""
  std::string file;   // below the model folder: "loras/style.safetensors"
  std::filesystem::path path;
  uint64_t bytes = 0;
  checkpoints::LoraFacts facts;
};

/// The LoRAs of the model folder, wherever in it they lie, looked at again when a file changed.
/// Nothing but tables of contents is read. Safe from any thread.
class LoraCatalogue {
 public:
  explicit LoraCatalogue(std::filesystem::path models) : models_(std::move(models)) {}

  /// By file.
  std::vector<LoraEntry> entries();
  /// The LoRA that a prompt means: by its name, its file, the file without extension or folders, or
  /// its alias. Names that contain what leads out of the folder find nothing. Throws
  /// Error(kNotFound) naming those that are there, the nearest first; kInvalidInput where several
  /// fit.
  LoraEntry find(const std::string& name);

 private:
  const std::filesystem::path models_;
  std::mutex mutex_;
  // By path: when the file was last changed, and what it is; nothing for what is no LoRA.
  std::map<std::filesystem::path,
           std::pair<std::filesystem::file_time_type, std::optional<checkpoints::LoraFacts>>>
      seen_;
};

}  // namespace lienzo::engine
