#pragma once

#include <torch/nn/module.h>
#include <torch/nn/modules/container/sequential.h>
#include <torch/nn/pimpl.h>
#include <torch/types.h>

#include <string_view>
#include <vector>

#include "lienzo/base/json.h"

namespace lienzo::models {

/// What the config.json of an AutoencoderTiny in diffusers says; the same defaults.
struct AutoencoderTinyConfig {
  int64_t in_channels = 3;
  int64_t out_channels = 3;
  int64_t latent_channels = 4;
  std::vector<int64_t> encoder_block_out_channels = {64, 64, 64, 64};
  std::vector<int64_t> decoder_block_out_channels = {64, 64, 64, 64};
  std::vector<int64_t> num_encoder_blocks = {1, 3, 3, 3};
  std::vector<int64_t> num_decoder_blocks = {3, 3, 3, 1};
  double scaling_factor = 1;

  static AutoencoderTinyConfig from_json(const Json& json, std::string_view where);
  Json to_json() const;
  int64_t factor() const { return int64_t{1} << (encoder_block_out_channels.size() - 1); }
};

/// TAESD (madebyollin/taesd, taesd.py): pictures <-> scaled latents, a hundred times less work than
/// AutoencoderKl and a little softer. Name for name that of huggingface/diffusers v0.30.3,
/// models/autoencoders/{autoencoder_tiny,vae}.py.
class AutoencoderTinyImpl : public torch::nn::Module {
 public:
  explicit AutoencoderTinyImpl(const AutoencoderTinyConfig& config);
  const AutoencoderTinyConfig& config() const { return config_; }

  /// x (B, in_channels, H, W) in [-1, 1]; H and W multiples of factor(), else kInvalidInput.
  /// Returns scaled latents (B, latent, H / factor, W / factor).
  torch::Tensor encode(const torch::Tensor& x);
  /// z (B, latent, h, w), scaled as the diffusion model has them. Returns (B, out_channels,
  /// factor h, factor w), about -1..1.
  torch::Tensor decode(const torch::Tensor& z);

 private:
  AutoencoderTinyConfig config_;
  torch::nn::Sequential encoder_{nullptr}, decoder_{nullptr};
};
TORCH_MODULE(AutoencoderTiny);

}  // namespace lienzo::models
