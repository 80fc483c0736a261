#pragma once

#include <torch/nn/module.h>
#include <torch/nn/modules/container/modulelist.h>
#include <torch/nn/pimpl.h>
#include <torch/types.h>

#include <string_view>
#include <vector>

#include "lienzo/base/json.h"
#include "lienzo/nn/conv2d.h"

namespace lienzo::models {

/// What the config.json of an AutoencoderKL in diffusers says; the same defaults.
struct AutoencoderKlConfig {
  int64_t in_channels = 3;
  int64_t out_channels = 3;
  int64_t latent_channels = 4;
  std::vector<int64_t> block_out_channels = {64};  // per level; each but the last halves the size
  int64_t layers_per_block = 1;                    // of the encoder; the decoder has one more
  int64_t norm_num_groups = 32;
  double scaling_factor = 0.18215;  // latents for diffusion are (z - shift_factor) * scaling_factor
  double shift_factor = 0;
  bool use_quant_conv = true;
  bool use_post_quant_conv = true;
  bool mid_block_add_attention = true;

  /// Reads a config.json; blocks other than DownEncoderBlock2D and UpDecoderBlock2D and activations
  /// other than SiLU are kUnsupported, unknown keys kInvalidInput.
  static AutoencoderKlConfig from_json(const Json& json, std::string_view where);
  /// A config.json that diffusers reads.
  Json to_json() const;
  /// How many pixels a latent stands for, along each side.
  int64_t factor() const { return int64_t{1} << (block_out_channels.size() - 1); }
};

class AutoencoderEncoderImpl;
class AutoencoderDecoderImpl;

/// Pictures <-> small latents: the autoencoder of latent diffusion (Rombach et al. 2022,
/// arXiv:2112.10752), layer for layer and name for name that of huggingface/diffusers v0.30.3,
/// models/autoencoders/{autoencoder_kl,vae}.py.
class AutoencoderKlImpl : public torch::nn::Module {
 public:
  explicit AutoencoderKlImpl(const AutoencoderKlConfig& config);
  const AutoencoderKlConfig& config() const { return config_; }

  /// The normal distribution that a picture becomes: both (B, latent, H / factor, W / factor);
  /// logvar within -30..20.
  struct Posterior {
    torch::Tensor mean;
    torch::Tensor logvar;
  };
  /// x (B, in_channels, H, W) in [-1, 1]; H and W multiples of factor(), else kInvalidInput.
  Posterior encode(const torch::Tensor& x);
  /// z (B, latent, h, w), not scaled. Returns (B, out_channels, factor h, factor w).
  torch::Tensor decode(const torch::Tensor& z);

 private:
  AutoencoderKlConfig config_;
  std::shared_ptr<AutoencoderEncoderImpl> encoder_;
  std::shared_ptr<AutoencoderDecoderImpl> decoder_;
  nn::Conv2d quant_conv_{nullptr}, post_quant_conv_{nullptr};
};
TORCH_MODULE(AutoencoderKl);

}  // namespace lienzo::models
