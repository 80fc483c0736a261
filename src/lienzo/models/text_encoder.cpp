#include "lienzo/models/text_encoder.h"

#include <fmt/format.h>
#include <torch/nn/init.h>
#include <torch/nn/module.h>
#include <torch/nn/modules/container/modulelist.h>
#include <torch/nn/modules/embedding.h>
#include <torch/types.h>
#include <torch/utils.h>

#include <algorithm>

#include "lienzo/base/config_reader.h"
#include "lienzo/nn/layers.h"
#include "lienzo/nn/rms_norm.h"
#include "lienzo/nn/transformer_block.h"
#include "lienzo/tensor/shape.h"

namespace lienzo::models {

CaptionBatch make_caption_batch(std::span<const std::vector<int>> captions, int64_t max_text) {
  const auto room = static_cast<size_t>(max_text - 1);
  size_t longest = 0;
  for (const auto& caption : captions) longest = std::max(longest, std::min(caption.size(), room));
  const auto count = static_cast<int64_t>(captions.size());
  const auto length = static_cast<int64_t>(longest) + 1;
  CaptionBatch batch{.ids = torch::full({count, length}, kStartToken, torch::kLong),
                     .mask = torch::zeros({count, length}, torch::kBool)};
  for (int64_t b = 0; b < count; ++b) {
    const auto& caption = captions[static_cast<size_t>(b)];
    const auto words = static_cast<int64_t>(std::min(caption.size(), room));
    std::copy_n(caption.begin(), words, batch.ids[b].data_ptr<int64_t>() + 1);
    batch.mask[b].narrow(0, 0, words + 1).fill_(true);
  }
  return batch;
}

TextEncoderConfig TextEncoderConfig::from_json(const Json& json, std::string_view where) {
  TextEncoderConfig config;
  ConfigReader reader(json, std::string(where));
  const auto read = [&](std::string_view key, int64_t& value, int64_t most) {
    reader.optional(key, value);
    if (value < 1 || value > most) {
      reader.reject(key, fmt::format("is {}, expected 1 to {}", value, most));
    }
  };
  read("vocabulary", config.vocabulary, 1 << 20);
  read("width", config.width, 8192);
  read("layers", config.layers, 128);
  read("heads", config.heads, 128);
  read("max_text", config.max_text, 4096);
  reader.finish();
  if (config.width % config.heads != 0) {
    reader.reject("width", fmt::format("is not divisible by {} heads", config.heads));
  }
  return config;
}

Json TextEncoderConfig::to_json() const {
  return {{"vocabulary", vocabulary},
          {"width", width},
          {"layers", layers},
          {"heads", heads},
          {"max_text", max_text}};
}

TextEncoderImpl::TextEncoderImpl(const TextEncoderConfig& config) : config_(config) { reset(); }

void TextEncoderImpl::reset() {
  embedding_ =
      register_module("embedding", torch::nn::Embedding(config_.vocabulary, config_.width));
  position_ = register_module("position", torch::nn::Embedding(config_.max_text, config_.width));
  {
    torch::NoGradGuard no_grad;
    torch::nn::init::normal_(embedding_->weight, 0.0, 0.5);
    torch::nn::init::normal_(position_->weight, 0.0, 0.3);
  }
  blocks_ = register_module("blocks", torch::nn::ModuleList());
  for (int64_t i = 0; i < config_.layers; ++i) {
    blocks_->push_back(nn::TransformerBlock(config_.width, config_.heads));
  }
}

TextEncoderImpl::Output TextEncoderImpl::forward(const CaptionBatch& captions) {
  const torch::Tensor& ids = captions.ids;
  tensor::check_shape(captions.mask, ids.sizes(), "text_encoder.mask");
  const torch::Tensor places =
      torch::arange(ids.size(1), torch::TensorOptions().dtype(torch::kLong).device(ids.device()));
  torch::Tensor x = embedding_(ids) + position_(places);  // (B, T, width)
  const torch::Tensor hidden = ~captions.mask.unsqueeze(1).unsqueeze(1);
  const torch::Tensor bias = torch::zeros_like(hidden, torch::kFloat).masked_fill_(hidden, -1e9);
  for (const auto& block : *blocks_) x = block->as<nn::TransformerBlockImpl>()->forward(x, bias);
  return {.features = nn::rms_norm(x, -1), .bias = bias};
}

}  // namespace lienzo::models
