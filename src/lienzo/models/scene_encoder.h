#pragma once

#include <torch/nn/cloneable.h>
#include <torch/nn/modules/linear.h>
#include <torch/nn/pimpl.h>
#include <torch/types.h>

#include "lienzo/tensor/layered_map.h"

namespace lienzo::models {

struct SceneEncoderConfig {
  int64_t attributes = 55;  // A
  int64_t backdrop = 14;    // K
  int64_t hidden = 80;      // width of the object network
  int64_t channels = 24;    // C: features of a pixel
  int64_t octaves = 4;      // Fourier features of (u, v)
};

/// Objects painted as features: a small network maps (place inside the box, attributes) to a
/// feature vector and an opacity, and the objects are composited from back to front. Works at any
/// resolution.
class SceneEncoderImpl : public torch::nn::Cloneable<SceneEncoderImpl> {
 public:
  explicit SceneEncoderImpl(const SceneEncoderConfig& config);
  void reset() override;
  /// Returns (B, C + 1, R, R), channels-last; the last channel is the coverage.
  torch::Tensor forward(const tensor::LayeredMap& map);

 private:
  SceneEncoderConfig config_;
  torch::nn::Linear place_{nullptr}, attribute_scale_{nullptr}, attribute_shift_{nullptr},
      hidden_{nullptr}, out_{nullptr};
};
TORCH_MODULE(SceneEncoder);

}  // namespace lienzo::models
