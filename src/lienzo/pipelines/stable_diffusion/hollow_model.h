#pragma once

#include <filesystem>

#include "lienzo/models/autoencoder_kl.h"
#include "lienzo/models/clip_text_model.h"
#include "lienzo/models/unet_2d_condition.h"

namespace lienzo::pipelines {

/// The networks of Stable Diffusion 1.5.
models::UNet2DConditionConfig sd15_unet();
models::AutoencoderKlConfig sd15_autoencoder();
models::ClipTextConfig sd15_text_encoder();

/// Stable Diffusion 1.5 as a diffusers folder in fp16 whose numbers are all zero and take no room
/// on the disk, with a vocabulary of CLIP's size: what it takes to load such a model and draw with
/// it can be measured, the picture is nothing. `folder` is there and empty. Throws kIo.
void write_hollow_sd15(const std::filesystem::path& folder);

}  // namespace lienzo::pipelines
