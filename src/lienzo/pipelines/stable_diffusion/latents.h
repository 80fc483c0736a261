#pragma once

#include <torch/types.h>

#include "lienzo/models/autoencoder_kl.h"
#include "lienzo/models/autoencoder_tiny.h"
#include "lienzo/tensor/noise.h"

/// Pictures <-> latents as the diffusion model has them, (z - shift) scale.
namespace lienzo::pipelines {

/// Whether the autoencoder works in pieces.
enum class TileMode { kAuto, kAlways, kNever };

struct AutoencoderPart {
  models::AutoencoderKl model{nullptr};
  torch::Device device = torch::kCPU;
  torch::ScalarType dtype = torch::kFloat;
  TileMode tiles = TileMode::kAuto;  // kAuto: where the whole would not fit into memory
  int64_t tile = 512;                // side of a piece in pixels
  bool cut = false;                  // whether a picture went through in pieces so far
};

/// x (B, 3, H, W) in [-1, 1], sides multiples of the model's factor -> latents (B, C, h, w), fp32
/// on the CPU, drawn from the autoencoder's distribution with one normal tensor of `noise` per
/// picture.
torch::Tensor encode_latents(AutoencoderPart& part,
                             const torch::Tensor& x,
                             tensor::NoiseSource& noise);

/// The most likely latents instead, without noise.
torch::Tensor encode_mean(AutoencoderPart& part, const torch::Tensor& x);

/// Latents (B, C, h, w) -> pictures (B, 3, H, W), about [-1, 1], fp32 on the CPU; one after the
/// other.
torch::Tensor decode_latents(AutoencoderPart& part, const torch::Tensor& latents);

/// A rough picture (B, 3, h, w), about [-1, 1], a pixel for each latent: a linear map fitted by
/// others. `xl`: latents of SDXL. Four channels only.
torch::Tensor rough_picture(const torch::Tensor& latents, bool xl);

}  // namespace lienzo::pipelines
