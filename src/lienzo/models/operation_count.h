#pragma once

#include <cstdint>

#include "lienzo/models/autoencoder_kl.h"
#include "lienzo/models/clip_text_model.h"
#include "lienzo/models/unet_2d_condition.h"

namespace lienzo::models {

/// Floating-point operations, a multiplication and an addition being two; norms and activations are
/// not counted.
struct Operations {
  double convolution = 0;
  double matrix = 0;  // linear layers and attention
  double sum() const { return convolution + matrix; }
};

/// One pass over `rows` latents of h x w with a context of `tokens`.
Operations count_operations(const UNet2DConditionConfig& config,
                            int64_t rows,
                            int64_t height,
                            int64_t width,
                            int64_t tokens = 77);

/// Decoding one latent of h x w.
Operations count_decoding(const AutoencoderKlConfig& config, int64_t height, int64_t width);

/// Encoding one text of `tokens`.
Operations count_operations(const ClipTextConfig& config, int64_t tokens = 77);

}  // namespace lienzo::models
