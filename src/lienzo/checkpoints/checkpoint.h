#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "lienzo/base/json.h"
#include "lienzo/checkpoints/family.h"
#include "lienzo/checkpoints/part.h"
#include "lienzo/checkpoints/prediction.h"
#include "lienzo/models/autoencoder_kl.h"
#include "lienzo/models/autoencoder_tiny.h"
#include "lienzo/models/clip_text_model.h"
#include "lienzo/models/unet_2d_condition.h"
#include "lienzo/weights/tensor_file.h"

namespace lienzo::checkpoints {

/// One network of a model: how to build it, and what to fill it with.
template <class Config>
struct Network {
  Config config;
  /// Under the names of the network, without leftovers (leftovers.h): for weights::load_strict.
  std::shared_ptr<const weights::TensorFile> tensors;
};

/// A model as it lies on the disk, whatever its layout. Nothing but tables of contents has been
/// read. A part that is not there is empty: U-Nets are published alone.
struct Checkpoint {
  std::filesystem::path path;
  Family family = Family::kUnknown;
  Naming layout = Naming::kOriginal;  // of the file or folder; parts given apart may differ

  std::optional<Network<models::UNet2DConditionConfig>> unet;
  std::optional<Network<models::AutoencoderKlConfig>> vae;
  std::optional<Network<models::ClipTextConfig>> text_encoder, text_encoder_2;
  std::optional<Network<models::AutoencoderTinyConfig>> taesd;

  Prediction prediction = Prediction::kEpsilon;
  /// Trained down to a signal of zero (Lin et al. 2023, arXiv:2305.08891).
  bool zero_terminal_snr = false;
  Json scheduler;  // scheduler_config.json; null where there is none
  /// SDXL: an absent negative prompt stands for zeros instead of the empty text's states.
  bool force_zeros_for_empty_prompt = false;
  /// Folders with vocab.json and merges.txt, where the model brings them.
  std::optional<std::filesystem::path> tokenizer, tokenizer_2;
  std::map<std::string, std::string> metadata;  // of a single file
  std::string licence;                          // as the model names it; empty when it does not
};

struct OpenOptions {
  std::string variant = {};  // of a folder's files, such as "fp16"; see part_files.h
  /// Parts to take from elsewhere: a file or folder that holds such a part, alone or among others.
  std::filesystem::path vae = {}, text_encoder = {}, text_encoder_2 = {};
  std::optional<Prediction> prediction = {};  // instead of what the model says
};

/// Opens a single file of any format, a diffusers folder, or the folder of one network. Throws
/// kNotFound; kCorrupt; kInvalidInput for a file of another kind, a LoRA say, telling what it is
/// and where it belongs; kUnsupported for models of other families.
Checkpoint open_checkpoint(const std::filesystem::path& path, const OpenOptions& options = {});

/// Throws kNotFound, naming the parts that are not there and how to give them, unless `model` has
/// all that drawing takes.
void require_complete(const Checkpoint& model);

}  // namespace lienzo::checkpoints
