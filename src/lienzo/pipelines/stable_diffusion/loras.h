#pragma once

#include <torch/types.h>

#include <filesystem>
#include <string>
#include <vector>

#include "lienzo/provenance/record.h"
#include "lienzo/text/lora_tags.h"
#include "lienzo/text/prompt_syntax.h"

namespace lienzo::checkpoints {
struct Checkpoint;
}

namespace lienzo::pipelines {

/// A LoRA to load a model with; docs/lora.md.
struct LoraChoice {
  std::string name;  // as prompts and records call it
  std::filesystem::path path;
  double unet_weight = 1, text_weight = 1;  // of the U-Net's layers, of the text encoders'
};

/// One that a model was loaded with, and what tells it from others of its name.
struct LoadedLora {
  LoraChoice choice;
  std::string sha256;     // of its file
  std::string webui_sum;  // checkpoints::automatic1111_hash
};

/// Merges LoRAs into a model's weights, in the order given; see checkpoints::merge_loras, whose
/// errors it throws. `digest_cache` as in StableDiffusionOptions.
std::vector<LoadedLora> load_loras(checkpoints::Checkpoint& model,
                                   const std::vector<LoraChoice>& choices,
                                   torch::ScalarType dtype,
                                   const std::filesystem::path& digest_cache);

/// The words of a prompt, without the tags that ask for LoRAs where `syntax` knows them. Throws
/// kInvalidInput for one that is not among `loaded`: LoRAs come with the model.
std::string words_of(const std::string& prompt,
                     text::PromptSyntax syntax,
                     const std::vector<LoadedLora>& loaded);

/// Adds the LoRAs to a record: as "loras" (name, weight, text_weight, sha256), and for
/// AUTOMATIC1111 as "Lora hashes" and the tags that its prompt lacks.
void record_loras(const std::vector<LoadedLora>& loaded,
                  text::PromptSyntax syntax,
                  provenance::Record& record);

/// A LoRA that a picture was made with.
struct RecordedLora {
  text::LoraTag lora;
  bool in_prompt = false;  // its prompt asks for it
  std::string sha256;      // of our records; or empty
  std::string webui_sum;   // the beginning of it, of AUTOMATIC1111's; or empty
};

/// The LoRAs of a record, in the order in which they were merged: those of "loras", or of other
/// programs' records those that the prompt asks for, with their "Lora hashes". Throws kInvalidInput
/// for a list that is none.
std::vector<RecordedLora> recorded_loras(const provenance::Record& record);

/// Throws kInvalidInput, saying both digests, when `file` is not the one that the record means.
void check_recorded(const RecordedLora& recorded,
                    const std::filesystem::path& file,
                    const std::filesystem::path& digest_cache);

}  // namespace lienzo::pipelines
