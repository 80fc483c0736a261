#pragma once

#include <torch/nn/cloneable.h>
#include <torch/nn/modules/container/modulelist.h>
#include <torch/nn/modules/embedding.h>
#include <torch/nn/modules/linear.h>
#include <torch/nn/pimpl.h>
#include <torch/types.h>

#include "lienzo/base/json.h"
#include "lienzo/nn/transformer_block.h"

namespace lienzo::models {

struct ScenePriorConfig {
  int64_t text_vocabulary = 2048;
  int64_t scene_vocabulary = 231;
  int64_t width = 192;
  int64_t layers = 5;
  int64_t heads = 6;
  int64_t max_text = 96;   // tokens of a caption
  int64_t max_scene = 96;  // tokens of a scene

  static ScenePriorConfig from_json(const Json& json, std::string_view where);
  Json to_json() const;
};

/// Words -> scene, one token at a time: a transformer whose caption is seen in both directions and
/// whose scene tokens see the caption and the past (the prefix language model of Raffel et al.
/// 2019, arXiv:1910.10683, section 3.2.1). B batch, T caption tokens, S scene tokens, V scene
/// vocabulary.
class ScenePriorImpl : public torch::nn::Cloneable<ScenePriorImpl> {
 public:
  explicit ScenePriorImpl(const ScenePriorConfig& config);
  void reset() override;
  const ScenePriorConfig& config() const { return config_; }

  /// text (B, T) int64, text_mask (B, T) bool (false: padding), scene (B, S) int64. Returns logits
  /// (B, S, V): position s predicts token s + 1.
  torch::Tensor forward(const torch::Tensor& text,
                        const torch::Tensor& text_mask,
                        const torch::Tensor& scene);

  /// Reads one caption (T) and fills the caches, one per layer.
  std::vector<nn::KeyValueCache> read_caption(const torch::Tensor& text);
  /// Adds the scene token at `position` and returns the logits (V) of the next.
  torch::Tensor step(int64_t token, int64_t position, std::vector<nn::KeyValueCache>& caches);

 private:
  torch::Tensor head(const torch::Tensor& x);
  ScenePriorConfig config_;
  torch::nn::Embedding text_embedding_{nullptr}, scene_embedding_{nullptr}, text_position_{nullptr},
      scene_position_{nullptr};
  torch::nn::ModuleList blocks_{nullptr};
  torch::nn::Linear out_{nullptr};
};
TORCH_MODULE(ScenePrior);

}  // namespace lienzo::models
