#pragma once

#include <torch/nn/cloneable.h>
#include <torch/nn/modules/container/modulelist.h>
#include <torch/nn/modules/conv.h>
#include <torch/nn/modules/linear.h>
#include <torch/nn/pimpl.h>
#include <torch/types.h>

#include "lienzo/base/json.h"
#include "lienzo/models/scene_encoder.h"
#include "lienzo/nn/attention.h"
#include "lienzo/nn/resnet_block.h"
#include "lienzo/tensor/layered_map.h"

namespace lienzo::models {

struct DenoiserConfig {
  int64_t image_channels = 3;
  int64_t patch = 4;  // pixels folded into channels: the widest level works at 1/patch
  std::vector<int64_t> widths = {128, 192};  // of the levels, high to low resolution
  std::vector<int64_t> blocks = {
      2, 3};                // residual blocks of each level; the upper ones have them on both sides
  int64_t embedding = 256;  // time and backdrop
  int64_t head = 32;        // channels of the last layers at full resolution
  int64_t context = 0;      // width of the text features, 0: no cross-attention
  int64_t context_heads = 4;
  bool scene = true;  // takes a scene map
  SceneEncoderConfig scene_encoder;

  static DenoiserConfig from_json(const Json& json, std::string_view where);
  Json to_json() const;
};

/// What the denoiser is told beside the noisy picture; absent parts are unknown, not empty.
struct Conditioning {
  const tensor::LayeredMap* scene = nullptr;
  torch::Tensor scene_features =
      {};  // encode_scene() of `scene`, computed once per picture and reused at every step
  torch::Tensor context = {};       // (B, T, context) text features
  torch::Tensor context_bias = {};  // (B, 1, 1, T) 0 or -inf
};

/// A residual block, followed by cross-attention to text where the network takes text.
class DenoiserBlockImpl : public torch::nn::Cloneable<DenoiserBlockImpl> {
 public:
  DenoiserBlockImpl(int64_t in_channels, int64_t out_channels, const DenoiserConfig& config);
  void reset() override;
  torch::Tensor forward(const torch::Tensor& x,
                        const torch::Tensor& embedding,
                        const Conditioning& conditioning);

 private:
  int64_t in_channels_, out_channels_, embedding_, context_, heads_;
  nn::ResnetBlock resnet_{nullptr};
  nn::MultiHeadAttention attn_{nullptr};
};
TORCH_MODULE(DenoiserBlock);

/// Convolutional diffusion network on pixels (or latents): U-Net on folded pixels, with the scene's
/// features at full resolution on both ends and cross-attention to text at every level.
class DenoiserImpl : public torch::nn::Cloneable<DenoiserImpl> {
 public:
  explicit DenoiserImpl(const DenoiserConfig& config);
  void reset() override;
  const DenoiserConfig& config() const { return config_; }

  /// (B, C + 1, H, W) features of the scene map.
  torch::Tensor encode_scene(const tensor::LayeredMap& map);
  /// x (B, image_channels, H, W) noisy picture, time (B) in [0, 1]. Returns the prediction, same
  /// shape as x.
  torch::Tensor forward(const torch::Tensor& x,
                        const torch::Tensor& time,
                        const Conditioning& conditioning);

 private:
  torch::nn::ModuleList make_blocks(size_t level, bool up) const;
  torch::Tensor run_blocks(torch::nn::ModuleListImpl& blocks,
                           torch::Tensor x,
                           const torch::Tensor& embedding,
                           const Conditioning& conditioning);

  DenoiserConfig config_;
  SceneEncoder scene_encoder_{nullptr};
  torch::nn::Linear time_in_{nullptr}, time_out_{nullptr}, backdrop_{nullptr};
  torch::nn::Conv2d conv_in_{nullptr}, conv_out_{nullptr}, head_in_{nullptr}, head_out_{nullptr};
  torch::nn::ModuleList down_{nullptr}, up_{nullptr}, shrink_{nullptr}, grow_{nullptr};
};
TORCH_MODULE(Denoiser);

}  // namespace lienzo::models
