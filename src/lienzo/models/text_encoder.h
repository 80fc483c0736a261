#pragma once

#include <torch/nn/cloneable.h>
#include <torch/nn/modules/container/modulelist.h>
#include <torch/nn/modules/embedding.h>
#include <torch/nn/pimpl.h>
#include <torch/types.h>

#include <span>
#include <string_view>
#include <vector>

#include "lienzo/base/json.h"

namespace lienzo::models {

/// The token every caption begins with, so that an empty one is not nothing: tokenizers for this
/// encoder reserve their first id for it ("<pad>").
inline constexpr int64_t kStartToken = 0;

/// Captions of different lengths side by side.
struct CaptionBatch {
  torch::Tensor ids;   // (B, T) int64, kStartToken first and as padding
  torch::Tensor mask;  // (B, T) bool, false: padding
};

/// Puts kStartToken before each caption and pads to the longest; what exceeds `max_text` tokens,
/// the start included, is cut.
CaptionBatch make_caption_batch(std::span<const std::vector<int>> captions, int64_t max_text);

struct TextEncoderConfig {
  int64_t vocabulary = 2048;
  int64_t width = 128;
  int64_t layers = 2;
  int64_t heads = 4;
  int64_t max_text = 64;  // tokens, the start token included

  static TextEncoderConfig from_json(const Json& json, std::string_view where);
  Json to_json() const;
};

/// Words -> features for cross-attention: a transformer that sees the whole caption, learned
/// together with the denoiser that reads it. Its blocks are those of the scene prior.
class TextEncoderImpl : public torch::nn::Cloneable<TextEncoderImpl> {
 public:
  explicit TextEncoderImpl(const TextEncoderConfig& config);
  void reset() override;
  const TextEncoderConfig& config() const { return config_; }

  /// Features (B, T, width), and what hides the padding from whoever attends to them.
  struct Output {
    torch::Tensor features;
    torch::Tensor bias;  // (B, 1, 1, T) fp32, 0 or -1e9
  };
  Output forward(const CaptionBatch& captions);

 private:
  TextEncoderConfig config_;
  torch::nn::Embedding embedding_{nullptr}, position_{nullptr};
  torch::nn::ModuleList blocks_{nullptr};
};
TORCH_MODULE(TextEncoder);

}  // namespace lienzo::models
