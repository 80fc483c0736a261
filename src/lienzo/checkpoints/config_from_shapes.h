#pragma once

#include "lienzo/checkpoints/part.h"
#include "lienzo/models/autoencoder_kl.h"
#include "lienzo/models/autoencoder_tiny.h"
#include "lienzo/models/clip_text_model.h"
#include "lienzo/models/unet_2d_condition.h"
#include "lienzo/weights/tensor_index.h"

/// Configurations of networks whose file has no config.json: measured from names and shapes, and
/// where those are silent the one value that all published models share. What is measured need not
/// make sense in a damaged file: pass it through from_json(to_json()) to check it. None throws.
namespace lienzo::checkpoints {

/// Not in the shapes: 32 groups in norms; 8 heads where transformers begin with a convolution
/// (SD 1), heads of 64 channels where they begin with a linear layer (SD 2, XL); sizes embedded in
/// 256 numbers each (XL); latents of 64 x 64, of 128 x 128 for XL.
models::UNet2DConditionConfig unet_config_from_shapes(const weights::TensorIndex& index,
                                                      const FoundPart& unet);

/// Not in the shapes: 32 groups in norms; the scale of the latents, which is 0.13025 for `xl` and
/// 0.18215 otherwise.
models::AutoencoderKlConfig autoencoder_config_from_shapes(const weights::TensorIndex& index,
                                                           const FoundPart& vae,
                                                           bool xl);

/// Not in the shapes: heads of 64 channels; quick GELU for OpenAI's CLIP-L (768 channels in the
/// names of transformers), GELU for OpenCLIP. `sd2`: without the layers after the penultimate of
/// the published 24 and without projection.
models::ClipTextConfig clip_config_from_shapes(const weights::TensorIndex& index,
                                               const FoundPart& text_encoder,
                                               bool sd2);

/// How many layers an OpenCLIP text encoder has in the file.
int64_t open_clip_layers(const weights::TensorIndex& index, const FoundPart& text_encoder);

/// The widths and latent channels of the half or halves that are there.
models::AutoencoderTinyConfig taesd_config_from_shapes(const weights::TensorIndex& index,
                                                       const FoundPart& taesd);

}  // namespace lienzo::checkpoints
