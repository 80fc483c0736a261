#pragma once

#include <torch/nn/module.h>
#include <torch/nn/pimpl.h>
#include <torch/types.h>

#include <string_view>
#include <vector>

#include "lienzo/base/json.h"

namespace lienzo::models {

/// What the config.json of a CLIPTextModel or CLIPTextModelWithProjection in transformers says; the
/// same defaults.
struct ClipTextConfig {
  int64_t vocab_size = 49408;
  int64_t hidden_size = 512;
  int64_t intermediate_size = 2048;
  int64_t num_hidden_layers = 12;
  int64_t num_attention_heads = 8;
  int64_t max_position_embeddings = 77;
  bool quick_gelu = true;  // hidden_act "quick_gelu", else "gelu"
  double layer_norm_eps = 1e-5;
  int64_t projection_dim = 0;  // 0: without text_projection, as CLIPTextModel
  /// The pooled state is that of the first token with this id; 2, found in old files, stands for
  /// the largest id.
  int64_t eos_token_id = 49407;

  /// Reads a config.json; the class, told by "architectures", decides about the projection. Other
  /// activations are kUnsupported.
  static ClipTextConfig from_json(const Json& json, std::string_view where);
  /// A config.json that transformers reads.
  Json to_json() const;
};

/// The text encoder of CLIP (Radford et al. 2021, arXiv:2103.00020) and OpenCLIP, name for name
/// that of huggingface/transformers v4.44, models/clip/modeling_clip.py.
class ClipTextModelImpl : public torch::nn::Module {
 public:
  explicit ClipTextModelImpl(const ClipTextConfig& config);
  const ClipTextConfig& config() const { return config_; }

  struct Output {
    torch::Tensor hidden;  // (B, T, hidden_size): see `skip`
    torch::Tensor pooled;  // (B, hidden_size) of the last layer at the end token, normed; with a
                           // projection (B, projection_dim)
  };
  /// ids (B, T) int64, T at most max_position_embeddings. `skip` layers are left off at the end for
  /// `hidden`: 0 is all of them. `normed`: the final layer norm is applied to it. Throws
  /// kInvalidInput for ids outside the vocabulary, and where fewer layers than one would be left.
  Output forward(const torch::Tensor& ids, int64_t skip, bool normed);

 private:
  ClipTextConfig config_;
  struct Parts;
  std::shared_ptr<Parts> parts_;
};
TORCH_MODULE(ClipTextModel);

}  // namespace lienzo::models
