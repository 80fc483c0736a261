#include "lienzo/models/denoiser.h"

#include <fmt/format.h>
#include <torch/nn/module.h>
#include <torch/nn/modules/container/modulelist.h>
#include <torch/nn/modules/conv.h>
#include <torch/nn/modules/linear.h>
#include <torch/types.h>

#include "lienzo/base/config_reader.h"
#include "lienzo/base/error.h"
#include "lienzo/nn/activations.h"
#include "lienzo/nn/layers.h"
#include "lienzo/nn/rms_norm.h"
#include "lienzo/tensor/shape.h"

namespace lienzo::models {
namespace {

constexpr int64_t kPositionOctaves = 3;
constexpr int64_t kPositionChannels = 2 + 4 * kPositionOctaves;
constexpr int64_t kTimeWidth = 128;
constexpr int64_t kFineChannels =
    16;  // features that the trunk hands to the last layers, per pixel

torch::nn::Conv2d strided3x3(int64_t in_channels, int64_t out_channels) {
  return torch::nn::Conv2d(
      torch::nn::Conv2dOptions(in_channels, out_channels, 3).padding(1).stride(2));
}

torch::Tensor twice_as_large(const torch::Tensor& x) {
  return torch::upsample_nearest2d(x, {x.size(2) * 2, x.size(3) * 2});
}

}  // namespace

DenoiserConfig DenoiserConfig::from_json(const Json& json, std::string_view where) {
  DenoiserConfig config;
  ConfigReader reader(json, std::string(where));
  reader.optional("image_channels", config.image_channels);
  reader.optional("patch", config.patch);
  reader.optional("widths", config.widths);
  reader.optional("blocks", config.blocks);
  reader.optional("embedding", config.embedding);
  reader.optional("head", config.head);
  reader.optional("context", config.context);
  reader.optional("context_heads", config.context_heads);
  reader.optional("scene", config.scene);
  reader.optional("scene_hidden", config.scene_encoder.hidden);
  reader.optional("scene_layers", config.scene_encoder.layers);
  reader.optional("scene_channels", config.scene_encoder.channels);
  reader.optional("scene_octaves", config.scene_encoder.octaves);
  reader.finish();
  const auto positive = [&](std::string_view key, int64_t value, int64_t most) {
    if (value < 1 || value > most)
      reader.reject(key, fmt::format("is {}, expected 1 to {}", value, most));
  };
  positive("image_channels", config.image_channels, 64);
  positive("patch", config.patch, 16);
  positive("embedding", config.embedding, 8192);
  positive("head", config.head, 1024);
  positive("context_heads", config.context_heads, 64);
  positive("scene_hidden", config.scene_encoder.hidden, 4096);
  positive("scene_layers", config.scene_encoder.layers, 16);
  positive("scene_channels", config.scene_encoder.channels, 512);
  positive("scene_octaves", config.scene_encoder.octaves, 12);
  if (config.context < 0) reader.reject("context", "is negative; 0 means no text");
  if (config.widths.empty() || config.widths.size() > 8)
    reader.reject("widths", "expected one to eight levels");
  if (config.blocks.size() != config.widths.size())
    reader.reject("blocks", "must have as many entries as 'widths'");
  for (int64_t width : config.widths) {
    positive("widths", width, 8192);
    if (config.context > 0 && width % config.context_heads != 0) {
      reader.reject(
          "widths",
          fmt::format("has {}, not divisible by context_heads {}", width, config.context_heads));
    }
  }
  for (int64_t count : config.blocks) positive("blocks", count, 64);
  return config;
}

Json DenoiserConfig::to_json() const {
  return {{"image_channels", image_channels},
          {"patch", patch},
          {"widths", widths},
          {"blocks", blocks},
          {"embedding", embedding},
          {"head", head},
          {"context", context},
          {"context_heads", context_heads},
          {"scene", scene},
          {"scene_hidden", scene_encoder.hidden},
          {"scene_layers", scene_encoder.layers},
          {"scene_channels", scene_encoder.channels},
          {"scene_octaves", scene_encoder.octaves}};
}

DenoiserBlockImpl::DenoiserBlockImpl(int64_t in_channels,
                                     int64_t out_channels,
                                     const DenoiserConfig& config)
    : in_channels_(in_channels),
      out_channels_(out_channels),
      embedding_(config.embedding),
      context_(config.context),
      heads_(config.context_heads) {
  reset();
}

void DenoiserBlockImpl::reset() {
  resnet_ = register_module("resnet", nn::ResnetBlock(in_channels_, out_channels_, embedding_));
  if (context_ > 0)
    attn_ = register_module("attn", nn::MultiHeadAttention(out_channels_, context_, heads_));
}

torch::Tensor DenoiserBlockImpl::forward(const torch::Tensor& x,
                                         const torch::Tensor& embedding,
                                         const Conditioning& conditioning) {
  torch::Tensor h = resnet_(x, embedding);
  if (!attn_ || !conditioning.context.defined()) return h;
  const torch::Tensor tokens =
      nn::rms_norm(h, 1).permute({0, 2, 3, 1}).flatten(1, 2);  // (B, H W, width)
  const torch::Tensor attended = attn_(tokens, conditioning.context, conditioning.context_bias);
  return h + attended.view({h.size(0), h.size(2), h.size(3), h.size(1)}).permute({0, 3, 1, 2});
}

DenoiserImpl::DenoiserImpl(const DenoiserConfig& config) : config_(config) { reset(); }

torch::nn::ModuleList DenoiserImpl::make_blocks(size_t level, bool up) const {
  torch::nn::ModuleList blocks;
  const int64_t width = config_.widths[level];
  for (int64_t i = 0; i < config_.blocks[level]; ++i) {
    blocks->push_back(DenoiserBlock(up && i == 0 ? 2 * width : width, width, config_));
  }
  return blocks;
}

void DenoiserImpl::reset() {
  const int64_t folded = config_.patch * config_.patch;
  const int64_t scene_channels = config_.scene ? config_.scene_encoder.channels + 1 : 0;
  const int64_t first = config_.widths.front();
  if (config_.scene) {
    scene_encoder_ = register_module("scene_encoder", SceneEncoder(config_.scene_encoder));
    backdrop_ = register_module(
        "backdrop", torch::nn::Linear(config_.scene_encoder.backdrop, config_.embedding));
  }
  time_in_ = register_module("time_in", torch::nn::Linear(kTimeWidth, config_.embedding));
  time_out_ = register_module("time_out", torch::nn::Linear(config_.embedding, config_.embedding));
  conv_in_ = register_module(
      "conv_in",
      nn::conv1x1(folded * (config_.image_channels + scene_channels) + kPositionChannels, first));
  down_ = register_module("down", torch::nn::ModuleList());
  up_ = register_module("up", torch::nn::ModuleList());
  shrink_ = register_module("shrink", torch::nn::ModuleList());
  grow_ = register_module("grow", torch::nn::ModuleList());
  const size_t levels = config_.widths.size();
  for (size_t level = 0; level < levels; ++level) {
    down_->push_back(make_blocks(level, /*up=*/false));
    if (level + 1 < levels)
      shrink_->push_back(strided3x3(config_.widths[level], config_.widths[level + 1]));
  }
  for (size_t level = 0; level + 1 < levels; ++level) {
    up_->push_back(make_blocks(level, /*up=*/true));
    grow_->push_back(nn::conv3x3(config_.widths[level + 1], config_.widths[level]));
  }
  conv_out_ = register_module("conv_out", nn::conv1x1(first, folded * kFineChannels));
  head_in_ = register_module(
      "head_in",
      nn::conv3x3(kFineChannels + scene_channels + config_.image_channels, config_.head));
  head_out_ =
      register_module("head_out", nn::zeroed(nn::conv3x3(config_.head, config_.image_channels)));
}

torch::Tensor DenoiserImpl::encode_scene(const tensor::LayeredMap& map) {
  return scene_encoder_(map);
}

torch::Tensor DenoiserImpl::run_blocks(torch::nn::ModuleListImpl& blocks,
                                       torch::Tensor x,
                                       const torch::Tensor& embedding,
                                       const Conditioning& conditioning) {
  for (const auto& block : blocks)
    x = block->as<DenoiserBlockImpl>()->forward(x, embedding, conditioning);
  return x;
}

torch::Tensor DenoiserImpl::forward(const torch::Tensor& x,
                                    const torch::Tensor& time,
                                    const Conditioning& conditioning) {
  const int64_t smallest = config_.patch << (config_.widths.size() - 1);
  tensor::check_shape(x, {-1, config_.image_channels, -1, -1}, "denoiser.x");
  if (x.size(2) % smallest != 0 || x.size(3) % smallest != 0) {
    throw Error(ErrorKind::kInvalidInput,
                fmt::format("[denoiser] a picture of {}x{}, expected multiples of {}",
                            x.size(3),
                            x.size(2),
                            smallest));
  }
  torch::Tensor embedding = time_in_(nn::sinusoidal_embedding(time, kTimeWidth));
  if (config_.scene && conditioning.scene)
    embedding = embedding + backdrop_(conditioning.scene->backdrop);
  embedding = torch::silu(time_out_(torch::silu(embedding)));  // (B, E)

  std::vector<torch::Tensor> fine = {
      x.contiguous(torch::MemoryFormat::ChannelsLast)};  // (B, C, H, W) each
  if (config_.scene) {
    torch::Tensor features = conditioning.scene_features;
    if (!features.defined()) {
      features =
          conditioning.scene
              ? encode_scene(*conditioning.scene)
              : x.new_zeros({x.size(0), config_.scene_encoder.channels + 1, x.size(2), x.size(3)});
    }
    fine.push_back(features);
  }
  const torch::Tensor inputs = torch::cat(fine, 1);
  const torch::Tensor position = nn::position_channels(x.size(2) / config_.patch,
                                                       x.size(3) / config_.patch,
                                                       kPositionOctaves,
                                                       x.options().dtype(torch::kFloat));
  torch::Tensor h = nn::fold_pixels(inputs, config_.patch);
  h = conv_in_(torch::cat({h, position.expand({x.size(0), -1, -1, -1}).to(h.scalar_type())},
                          1));  // (B, width, H/p, W/p)

  std::vector<torch::Tensor> skips;
  const size_t levels = config_.widths.size();
  for (size_t level = 0; level < levels; ++level) {
    h = run_blocks(*down_[level]->as<torch::nn::ModuleListImpl>(), h, embedding, conditioning);
    if (level + 1 == levels) break;
    skips.push_back(h);
    h = shrink_[level]->as<torch::nn::Conv2dImpl>()->forward(h);
  }
  for (size_t level = levels - 1; level-- > 0;) {
    h = grow_[level]->as<torch::nn::Conv2dImpl>()->forward(twice_as_large(h));
    h = run_blocks(*up_[level]->as<torch::nn::ModuleListImpl>(),
                   torch::cat({h, skips[level]}, 1),
                   embedding,
                   conditioning);
  }
  h = conv_out_(nn::rms_norm_silu(h));  // (B, p p 16, H/p, W/p)
  h = torch::cat({nn::unfold_pixels(h, config_.patch), inputs.to(h.scalar_type())}, 1);
  return head_out_(nn::silu(head_in_(h))).to(torch::kFloat);  // (B, C, H, W)
}

}  // namespace lienzo::models
