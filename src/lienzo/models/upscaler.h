#pragma once

#include <torch/nn/cloneable.h>
#include <torch/nn/modules/container/modulelist.h>
#include <torch/nn/modules/conv.h>
#include <torch/nn/pimpl.h>
#include <torch/types.h>

#include "lienzo/base/json.h"
#include "lienzo/models/scene_encoder.h"

namespace lienzo::models {

struct UpscalerConfig {
  int64_t factor = 4;
  int64_t width = 64;  // of the blocks, which work at the small picture's resolution
  int64_t blocks = 5;
  int64_t head = 24;  // channels of the last layers at full resolution
  SceneEncoderConfig scene_encoder = {.hidden = 64, .layers = 3, .channels = 12, .octaves = 5};

  static UpscalerConfig from_json(const Json& json, std::string_view where);
  Json to_json() const;
};

/// Finishes a small picture that shows a known scene: residual blocks on the small picture and the
/// folded scene features, added to its bicubic enlargement (the residual design of Lim et al. 2017,
/// EDSR, arXiv:1707.02921; the scene condition plays the part of the text in the super-resolution
/// stages of Saharia et al. 2022, arXiv:2205.11487).
class UpscalerImpl : public torch::nn::Cloneable<UpscalerImpl> {
 public:
  explicit UpscalerImpl(const UpscalerConfig& config);
  void reset() override;
  const UpscalerConfig& config() const { return config_; }
  /// small (B, 3, h, w), map of the same scenes with resolution factor * h. Returns (B, 3, factor
  /// h, factor w).
  torch::Tensor forward(const torch::Tensor& small, const tensor::LayeredMap& map);

 private:
  UpscalerConfig config_;
  SceneEncoder scene_encoder_{nullptr};
  torch::nn::Conv2d conv_in_{nullptr}, conv_out_{nullptr}, head_in_{nullptr}, head_out_{nullptr};
  torch::nn::ModuleList first_{nullptr}, second_{nullptr};
};
TORCH_MODULE(Upscaler);

}  // namespace lienzo::models
