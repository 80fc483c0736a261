#include "lienzo/models/upscaler.h"

#include <fmt/format.h>
#include <torch/nn/module.h>
#include <torch/nn/modules/container/modulelist.h>
#include <torch/nn/modules/conv.h>
#include <torch/types.h>

#include "lienzo/base/config_reader.h"
#include "lienzo/nn/layers.h"

namespace lienzo::models {
namespace {

constexpr int64_t kHandOverChannels = 16;

}  // namespace

UpscalerConfig UpscalerConfig::from_json(const Json& json, std::string_view where) {
  UpscalerConfig config;
  ConfigReader reader(json, std::string(where));
  const auto read = [&](std::string_view key, int64_t& value, int64_t most) {
    reader.optional(key, value);
    if (value < 1 || value > most)
      reader.reject(key, fmt::format("is {}, expected 1 to {}", value, most));
  };
  read("factor", config.factor, 8);
  read("width", config.width, 4096);
  read("blocks", config.blocks, 128);
  read("head", config.head, 1024);
  read("scene_hidden", config.scene_encoder.hidden, 4096);
  read("scene_layers", config.scene_encoder.layers, 16);
  read("scene_channels", config.scene_encoder.channels, 512);
  read("scene_octaves", config.scene_encoder.octaves, 12);
  reader.finish();
  return config;
}

Json UpscalerConfig::to_json() const {
  return {{"factor", factor},
          {"width", width},
          {"blocks", blocks},
          {"head", head},
          {"scene_hidden", scene_encoder.hidden},
          {"scene_layers", scene_encoder.layers},
          {"scene_channels", scene_encoder.channels},
          {"scene_octaves", scene_encoder.octaves}};
}

UpscalerImpl::UpscalerImpl(const UpscalerConfig& config) : config_(config) { reset(); }

void UpscalerImpl::reset() {
  const int64_t folded = config_.factor * config_.factor;
  const int64_t scene_channels = config_.scene_encoder.channels + 1;
  scene_encoder_ = register_module("scene_encoder", SceneEncoder(config_.scene_encoder));
  conv_in_ = register_module("conv_in", nn::conv3x3(3 + folded * scene_channels, config_.width));
  first_ = register_module("first", torch::nn::ModuleList());
  second_ = register_module("second", torch::nn::ModuleList());
  for (int64_t i = 0; i < config_.blocks; ++i) {
    first_->push_back(nn::conv3x3(config_.width, config_.width));
    second_->push_back(nn::zeroed(nn::conv3x3(config_.width, config_.width)));
  }
  conv_out_ = register_module("conv_out", nn::conv1x1(config_.width, folded * kHandOverChannels));
  head_in_ =
      register_module("head_in", nn::conv3x3(kHandOverChannels + scene_channels + 3, config_.head));
  head_out_ = register_module("head_out", nn::zeroed(nn::conv3x3(config_.head, 3)));
}

torch::Tensor UpscalerImpl::forward(const torch::Tensor& small, const tensor::LayeredMap& map) {
  const torch::Tensor scene = scene_encoder_(map);  // (B, C + 1, H, W)
  const torch::Tensor enlarged =
      torch::upsample_bicubic2d(small.contiguous(), {scene.size(2), scene.size(3)}, false)
          .contiguous(torch::MemoryFormat::ChannelsLast);  // (B, 3, H, W)
  torch::Tensor h =
      conv_in_(torch::cat({small, nn::fold_pixels(scene, config_.factor)}, 1));  // (B, width, h, w)
  for (int64_t i = 0; i < config_.blocks; ++i) {
    const auto index = static_cast<size_t>(i);
    const torch::Tensor inner =
        torch::relu(first_[index]->as<torch::nn::Conv2dImpl>()->forward(torch::relu(h)));
    h = h + second_[index]->as<torch::nn::Conv2dImpl>()->forward(inner);
  }
  h = nn::unfold_pixels(conv_out_(torch::relu(h)), config_.factor);  // (B, 16, H, W)
  h = torch::relu(
      head_in_(torch::cat({h, scene.to(h.scalar_type()), enlarged.to(h.scalar_type())}, 1)));
  return enlarged + head_out_(h).to(torch::kFloat);  // (B, 3, H, W)
}

}  // namespace lienzo::models
