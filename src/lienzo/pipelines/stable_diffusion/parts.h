#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "lienzo/base/file_stamp.h"
#include "lienzo/checkpoints/family.h"
#include "lienzo/diffusion/noise_model.h"
#include "lienzo/diffusion/scheduler_defaults.h"
#include "lienzo/models/autoencoder_tiny.h"
#include "lienzo/models/unet_2d_condition.h"
#include "lienzo/pipelines/stable_diffusion/latents.h"
#include "lienzo/pipelines/stable_diffusion/stable_diffusion.h"
#include "lienzo/pipelines/stable_diffusion/text_conditioning.h"

namespace lienzo::pipelines {

/// What a loaded model consists of.
struct StableDiffusionParts {
  StableDiffusionFacts facts = {};
  checkpoints::Family family = checkpoints::Family::kUnknown;
  torch::Device device = torch::kCPU;
  torch::ScalarType dtype = torch::kFloat;

  std::vector<TextEncoderPart> text_encoders = {};
  models::UNet2DCondition unet{nullptr};
  AutoencoderPart autoencoder;
  models::AutoencoderTiny tiny{nullptr};  // for previews, where one was given

  diffusion::NoiseModel noise_model;
  diffusion::SchedulerDefaults scheduler;
  bool zeros_for_no_negative = false;

  std::vector<LoadedLora> loras = {};             // in its weights
  std::vector<std::filesystem::path> files = {};  // what the hash is made of
  std::vector<FileStamp> stamps = {};             // of those that its weights stay in
  /// Throws kIo where one of them was written into, so that its weights are no longer its own.
  void require_unchanged_files() const {
    for (const FileStamp& stamp : stamps) stamp.require_unchanged();
  }
  std::filesystem::path digest_cache;
  std::string hash = {};  // empty until asked for
};

}  // namespace lienzo::pipelines
