#pragma once

#include "lienzo/checkpoints/layouts/layout_table.h"
#include "lienzo/models/autoencoder_kl.h"
#include "lienzo/models/autoencoder_tiny.h"

namespace lienzo::checkpoints {

/// The names that LDM gives to the tensors of this autoencoder. Its decoder counts the levels from
/// the picture, ours from the latents, and its attention is made of 1x1 convolutions. After
/// huggingface/diffusers v0.30.3, loaders/single_file_utils.py, convert_ldm_vae_checkpoint.
LayoutTable autoencoder_layout(const models::AutoencoderKlConfig& config);

/// The names of diffusers before v0.18 for the attention of an autoencoder; the rest is as today.
LayoutTable old_autoencoder_layout();

/// The two halves of taesd.py (madebyollin/taesd), which are files of their own. The decoder begins
/// with a clamp, which counts in its numbering.
LayoutTable taesd_encoder_layout(const models::AutoencoderTinyConfig& config);
LayoutTable taesd_decoder_layout(const models::AutoencoderTinyConfig& config);

}  // namespace lienzo::checkpoints
