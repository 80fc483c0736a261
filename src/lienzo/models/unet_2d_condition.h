#pragma once

#include <torch/nn/module.h>
#include <torch/nn/modules/container/modulelist.h>
#include <torch/nn/pimpl.h>
#include <torch/types.h>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "lienzo/base/json.h"
#include "lienzo/nn/conv2d.h"
#include "lienzo/nn/group_norm.h"
#include "lienzo/nn/linear.h"

namespace lienzo::models {

/// What the config.json of a UNet2DConditionModel in diffusers says, as far as the Stable Diffusion
/// family uses it; the same defaults.
struct UNet2DConditionConfig {
  int64_t in_channels = 4;  // 9 for inpainting: latent, mask, latent of the masked picture
  int64_t out_channels = 4;
  int64_t sample_size = 64;  // side of the latents it learned; only a hint
  std::vector<int64_t> block_out_channels = {320, 640, 1280, 1280};
  std::vector<bool> cross_attention_levels = {true, true, true, false};  // from down_block_types
  int64_t layers_per_block = 2;                                          // the way up has one more
  std::vector<int64_t> transformer_layers = {1, 1, 1, 1};  // per level; the middle as the last
  std::vector<int64_t> heads = {8, 8, 8, 8};               // per level
  int64_t cross_attention_dim = 1280;
  int64_t norm_num_groups = 32;
  double norm_eps = 1e-5;
  bool use_linear_projection = false;  // linear layers instead of 1x1 convolutions
  bool upcast_attention = false;       // scores in fp32, which they always are here
  int64_t time_cond_proj_dim = 0;      // guidance told as a number (LCM); 0: not
  bool text_time = false;              // SDXL: pooled text and sizes beside the time
  int64_t addition_time_embed_dim = 0;
  int64_t projection_class_embeddings_input_dim = 0;

  /// Reads a config.json. Settings of other families are kUnsupported, unknown keys kInvalidInput.
  static UNet2DConditionConfig from_json(const Json& json, std::string_view where);
  /// A config.json that diffusers reads.
  Json to_json() const;

  int64_t time_embed_dim() const { return 4 * block_out_channels.front(); }
};

/// What a step is told beside latents and time.
struct UNetConditioning {
  torch::Tensor context;           // (B, S, cross_attention_dim): states of the text encoders
  torch::Tensor pooled_text = {};  // (B, P), SDXL only
  torch::Tensor time_ids = {};     // (B, 6 or 5) sizes and crops, SDXL only
  torch::Tensor guidance = {};     // (B, time_cond_proj_dim): guidance_embedding, LCM only
};

/// How LCM is told its guidance scale (Luo et al. 2023, arXiv:2310.04378): sines, then cosines, of
/// 1000 (scale - 1) times frequencies from 1 to 1 / 10000. (batch, width), fp32. As
/// get_guidance_scale_embedding in diffusers, pipelines/latent_consistency_models.
torch::Tensor guidance_embedding(double scale, int64_t batch, int64_t width);

class UNetBlockImpl;
TORCH_MODULE(UNetBlock);

/// The U-Net of Stable Diffusion 1, 2 and XL (Rombach et al. 2022, arXiv:2112.10752; Podell et al.
/// 2023, arXiv:2307.01952), name for name and number for number that of huggingface/diffusers
/// v0.30.3, models/unets/unet_2d_condition.py.
class UNet2DConditionImpl : public torch::nn::Module {
 public:
  explicit UNet2DConditionImpl(const UNet2DConditionConfig& config);
  const UNet2DConditionConfig& config() const { return config_; }

  /// latents (B, in_channels, h, w) of any size, and the context, in the type of the network; time
  /// (B) in training steps, may be fractional. Returns (B, out_channels, h, w) in that type. Throws
  /// kInvalidInput for other shapes.
  torch::Tensor forward(const torch::Tensor& latents,
                        const torch::Tensor& time,
                        const UNetConditioning& conditioning);

 private:
  torch::Tensor embed(const torch::Tensor& time, const UNetConditioning& conditioning);
  void check(const torch::Tensor& latents, const UNetConditioning& conditioning) const;

  UNet2DConditionConfig config_;
  nn::Conv2d conv_in_{nullptr}, conv_out_{nullptr};
  nn::GroupNorm conv_norm_out_{nullptr};
  std::shared_ptr<torch::nn::Module> time_embedding_, add_embedding_;
  torch::nn::ModuleList down_blocks_{nullptr}, up_blocks_{nullptr};
  UNetBlock mid_block_{nullptr};
};
TORCH_MODULE(UNet2DCondition);

}  // namespace lienzo::models
