#include "lienzo/models/scene_prior.h"

#include <fmt/format.h>
#include <torch/nn/init.h>
#include <torch/nn/module.h>
#include <torch/nn/modules/container/modulelist.h>
#include <torch/nn/modules/embedding.h>
#include <torch/nn/modules/linear.h>
#include <torch/types.h>
#include <torch/utils.h>

#include <limits>

#include "lienzo/base/config_reader.h"
#include "lienzo/nn/layers.h"
#include "lienzo/nn/rms_norm.h"

namespace lienzo::models {

ScenePriorConfig ScenePriorConfig::from_json(const Json& json, std::string_view where) {
  ScenePriorConfig config;
  ConfigReader reader(json, std::string(where));
  const auto read = [&](std::string_view key, int64_t& value, int64_t most) {
    reader.optional(key, value);
    if (value < 1 || value > most)
      reader.reject(key, fmt::format("is {}, expected 1 to {}", value, most));
  };
  read("text_vocabulary", config.text_vocabulary, 1 << 20);
  read("scene_vocabulary", config.scene_vocabulary, 1 << 16);
  read("width", config.width, 8192);
  read("layers", config.layers, 128);
  read("heads", config.heads, 128);
  read("max_text", config.max_text, 4096);
  read("max_scene", config.max_scene, 4096);
  reader.finish();
  if (config.width % config.heads != 0)
    reader.reject("width", fmt::format("is not divisible by {} heads", config.heads));
  return config;
}

Json ScenePriorConfig::to_json() const {
  return {{"text_vocabulary", text_vocabulary},
          {"scene_vocabulary", scene_vocabulary},
          {"width", width},
          {"layers", layers},
          {"heads", heads},
          {"max_text", max_text},
          {"max_scene", max_scene}};
}

ScenePriorImpl::ScenePriorImpl(const ScenePriorConfig& config) : config_(config) { reset(); }

void ScenePriorImpl::reset() {
  text_embedding_ = register_module("text_embedding",
                                    torch::nn::Embedding(config_.text_vocabulary, config_.width));
  scene_embedding_ = register_module("scene_embedding",
                                     torch::nn::Embedding(config_.scene_vocabulary, config_.width));
  text_position_ =
      register_module("text_position", torch::nn::Embedding(config_.max_text, config_.width));
  scene_position_ =
      register_module("scene_position", torch::nn::Embedding(config_.max_scene, config_.width));
  {
    torch::NoGradGuard no_grad;
    // Wide position embeddings: with the usual 0.02 the words' order is learned late.
    for (auto& table : {text_position_, scene_position_})
      torch::nn::init::normal_(table->weight, 0.0, 0.3);
    for (auto& table : {text_embedding_, scene_embedding_})
      torch::nn::init::normal_(table->weight, 0.0, 0.5);
  }
  blocks_ = register_module("blocks", torch::nn::ModuleList());
  for (int64_t i = 0; i < config_.layers; ++i)
    blocks_->push_back(nn::TransformerBlock(config_.width, config_.heads));
  out_ = register_module("out", torch::nn::Linear(config_.width, config_.scene_vocabulary));
}

torch::Tensor ScenePriorImpl::head(const torch::Tensor& x) {
  return out_(nn::rms_norm(x, -1)).to(torch::kFloat);
}

torch::Tensor ScenePriorImpl::forward(const torch::Tensor& text,
                                      const torch::Tensor& text_mask,
                                      const torch::Tensor& scene) {
  const int64_t t = text.size(1), s = scene.size(1);
  const auto longs = torch::TensorOptions().dtype(torch::kLong).device(text.device());
  const torch::Tensor words = text_embedding_(text) + text_position_(torch::arange(t, longs));
  const torch::Tensor things = scene_embedding_(scene) + scene_position_(torch::arange(s, longs));
  torch::Tensor x = torch::cat({words, things}, 1);  // (B, T + S, width)
  // The caption sees the caption; the scene sees the caption and its own past.
  torch::Tensor visible =
      torch::ones({t + s, t + s}, torch::TensorOptions().dtype(torch::kBool).device(text.device()))
          .tril();
  visible.narrow(0, 0, t).narrow(1, 0, t).fill_(true);
  const torch::Tensor keys =
      torch::cat({text_mask, torch::ones_like(scene, torch::kBool)}, 1);  // (B, T + S)
  const torch::Tensor hidden =
      ~(visible.unsqueeze(0).unsqueeze(0) & keys.unsqueeze(1).unsqueeze(1));
  const torch::Tensor bias = torch::zeros_like(hidden, torch::kFloat).masked_fill_(hidden, -1e9);
  for (const auto& block : *blocks_) x = block->as<nn::TransformerBlockImpl>()->forward(x, bias);
  return head(x.narrow(1, t, s));  // (B, S, V)
}

std::vector<nn::KeyValueCache> ScenePriorImpl::read_caption(const torch::Tensor& text) {
  std::vector<nn::KeyValueCache> caches(static_cast<size_t>(config_.layers));
  const auto longs = torch::TensorOptions().dtype(torch::kLong).device(text.device());
  torch::Tensor x =
      (text_embedding_(text) + text_position_(torch::arange(text.size(0), longs))).unsqueeze(0);
  for (size_t i = 0; i < caches.size(); ++i) {
    x = blocks_[i]->as<nn::TransformerBlockImpl>()->forward(x, torch::Tensor(), &caches[i]);
  }
  return caches;
}

torch::Tensor ScenePriorImpl::step(int64_t token,
                                   int64_t position,
                                   std::vector<nn::KeyValueCache>& caches) {
  const auto longs = torch::TensorOptions().dtype(torch::kLong).device(out_->weight.device());
  torch::Tensor x = (scene_embedding_(torch::full({1}, token, longs)) +
                     scene_position_(torch::full({1}, position, longs)))
                        .unsqueeze(0);
  for (size_t i = 0; i < caches.size(); ++i) {
    x = blocks_[i]->as<nn::TransformerBlockImpl>()->forward(x, torch::Tensor(), &caches[i]);
  }
  return head(x).view({-1});
}

}  // namespace lienzo::models
