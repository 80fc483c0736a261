#pragma once

#include <torch/nn/cloneable.h>
#include <torch/nn/modules/container/modulelist.h>
#include <torch/nn/modules/linear.h>
#include <torch/nn/pimpl.h>
#include <torch/types.h>

#include <vector>

#include "lienzo/tensor/layered_map.h"

namespace lienzo::models {

struct SceneEncoderConfig {
  int64_t attributes = 56;  // A
  int64_t backdrop = 14;    // K
  int64_t hidden = 64;      // width of the object network
  int64_t layers = 3;       // of the object network
  int64_t channels = 24;    // C: features of a pixel
  int64_t octaves = 4;      // Fourier features of (u, v)
};

/// Objects painted as features: a small network maps the place inside the box to a feature vector
/// and an opacity, every layer being scaled and shifted by what the attributes say (FiLM, Perez et
/// al. 2017, arXiv:1709.07871), and the objects are composited from back to front. A silhouette
/// depends on shape, size and turn together, so attributes are mixed before they scale anything.
/// Works at any resolution.
class SceneEncoderImpl : public torch::nn::Cloneable<SceneEncoderImpl> {
 public:
  explicit SceneEncoderImpl(const SceneEncoderConfig& config);
  void reset() override;
  /// Returns (B, C + 1, R, R), channels-last; the last channel is the coverage.
  torch::Tensor forward(const tensor::LayeredMap& map);

 private:
  // Features and opacity of every entry before they are composited, (M, C + 1).
  torch::Tensor paint(const tensor::LayeredMap& map);
  torch::Tensor paint_part(const torch::Tensor& local,
                           const torch::Tensor& thing,
                           const std::vector<torch::Tensor>& scale_shift);

  SceneEncoderConfig config_;
  torch::nn::Linear describe_in_{nullptr}, describe_out_{nullptr}, out_{nullptr};
  torch::nn::ModuleList layers_{nullptr};
};
TORCH_MODULE(SceneEncoder);

}  // namespace lienzo::models
