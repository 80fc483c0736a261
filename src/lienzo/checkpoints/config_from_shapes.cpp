#include "lienzo/checkpoints/config_from_shapes.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>

namespace lienzo::checkpoints {
namespace {

using weights::TensorIndex;

// More of anything is no network of ours; keeps a hostile file from costing time.
constexpr int64_t kMost = 64;

/// Looks at the tensors of one part.
class Shapes {
 public:
  Shapes(const TensorIndex& index, const FoundPart& part) : index_(index), part_(part) {}

  bool original() const { return part_.naming == Naming::kOriginal; }
  bool has(const std::string& name) const { return index_.contains(part_.prefix + name); }
  bool has_scope(const std::string& scope) const { return index_.has_scope(part_.prefix + scope); }
  /// Length of a dimension; 0 where there is none.
  int64_t length(const std::string& name, size_t dimension) const {
    const weights::TensorInfo* info = index_.find(part_.prefix + name);
    return info && dimension < info->shape.size() ? info->shape[dimension] : 0;
  }
  size_t rank(const std::string& name) const {
    const weights::TensorInfo* info = index_.find(part_.prefix + name);
    return info ? info->shape.size() : 0;
  }
  /// How many scopes `name_of(0)`, `name_of(1)`... there are.
  int64_t count(const std::function<std::string(int64_t)>& name_of) const {
    int64_t number = 0;
    while (number < kMost && has_scope(name_of(number))) ++number;
    return number;
  }

 private:
  const TensorIndex& index_;
  const FoundPart& part_;
};

/// How the blocks on the way down are called.
struct UNetNames {
  bool original;
  int64_t layers = 1;

  std::string block(int64_t level, int64_t layer) const {
    return fmt::format("input_blocks.{}", 1 + level * (layers + 1) + layer);
  }
  std::string resnet(int64_t level, int64_t layer) const {
    return original ? block(level, layer) + ".0"
                    : fmt::format("down_blocks.{}.resnets.{}", level, layer);
  }
  std::string transformer(int64_t level) const {
    return original ? block(level, 0) + ".1" : fmt::format("down_blocks.{}.attentions.0", level);
  }
  std::string first_convolution(int64_t level) const {
    return resnet(level, 0) + (original ? ".in_layers.2.weight" : ".conv1.weight");
  }
};

int64_t layers_per_block(const Shapes& shapes) {
  if (shapes.original()) {
    const int64_t layers = shapes.count(
        [](int64_t layer) { return fmt::format("input_blocks.{}.0.in_layers", 1 + layer); });
    return std::max<int64_t>(layers, 1);
  }
  return std::max<int64_t>(
      shapes.count([](int64_t layer) { return fmt::format("down_blocks.0.resnets.{}", layer); }),
      1);
}

}  // namespace

models::UNet2DConditionConfig unet_config_from_shapes(const TensorIndex& index,
                                                      const FoundPart& unet) {
  const Shapes shapes(index, unet);
  const bool original = shapes.original();
  const UNetNames names{original, layers_per_block(shapes)};
  models::UNet2DConditionConfig config;
  config.in_channels = shapes.length(original ? "input_blocks.0.0.weight" : "conv_in.weight", 1);
  config.out_channels = shapes.length(original ? "out.2.weight" : "conv_out.weight", 0);
  config.layers_per_block = names.layers;
  config.block_out_channels.clear();
  config.cross_attention_levels.clear();
  config.transformer_layers.clear();
  config.heads.clear();

  const int64_t levels = shapes.count([&](int64_t level) {
    // A downsampler stands where the first block of another level would in a shorter one.
    return names.resnet(level, 0) + (original ? ".in_layers" : "");
  });
  for (int64_t level = 0; level < levels; ++level) {
    const std::string transformer = names.transformer(level);
    const int64_t depth = shapes.count(
        [&](int64_t layer) { return fmt::format("{}.transformer_blocks.{}", transformer, layer); });
    config.block_out_channels.push_back(shapes.length(names.first_convolution(level), 0));
    config.cross_attention_levels.push_back(depth > 0);
    config.transformer_layers.push_back(depth);
    if (depth == 0) continue;
    config.cross_attention_dim =
        shapes.length(transformer + ".transformer_blocks.0.attn2.to_k.weight", 1);
    config.use_linear_projection = shapes.rank(transformer + ".proj_in.weight") == 2;
  }
  const std::string middle = original ? "middle_block.1" : "mid_block.attentions.0";
  const int64_t middle_depth = shapes.count(
      [&](int64_t layer) { return fmt::format("{}.transformer_blocks.{}", middle, layer); });
  for (size_t level = 0; level < config.transformer_layers.size(); ++level) {
    // The middle takes its depth from the last level; a level without attention has any.
    int64_t& depth = config.transformer_layers[level];
    if (depth == 0) depth = level + 1 == config.transformer_layers.size() ? middle_depth : 1;
    config.heads.push_back(config.use_linear_projection ? config.block_out_channels[level] / 64
                                                        : 8);
  }
  config.time_cond_proj_dim = shapes.length(
      original ? "time_embed.cond_proj.weight" : "time_embedding.cond_proj.weight", 1);
  const std::string added = original ? "label_emb.0.0.weight" : "add_embedding.linear_1.weight";
  config.text_time = shapes.has(added);
  if (config.text_time) {
    config.addition_time_embed_dim = 256;
    config.projection_class_embeddings_input_dim = shapes.length(added, 1);
    config.sample_size = 128;
  }
  return config;
}

models::AutoencoderKlConfig autoencoder_config_from_shapes(const TensorIndex& index,
                                                           const FoundPart& vae,
                                                           bool xl) {
  const Shapes shapes(index, vae);
  const bool original = shapes.original();
  const auto block = [&](int64_t level, int64_t layer) {
    return original ? fmt::format("encoder.down.{}.block.{}", level, layer)
                    : fmt::format("encoder.down_blocks.{}.resnets.{}", level, layer);
  };
  models::AutoencoderKlConfig config;
  config.in_channels = shapes.length("encoder.conv_in.weight", 1);
  config.out_channels = shapes.length("decoder.conv_out.weight", 0);
  config.latent_channels = shapes.length("decoder.conv_in.weight", 1);
  config.layers_per_block = shapes.count([&](int64_t layer) { return block(0, layer); });
  config.block_out_channels.clear();
  const int64_t levels = shapes.count([&](int64_t level) { return block(level, 0); });
  for (int64_t level = 0; level < levels; ++level)
    config.block_out_channels.push_back(shapes.length(block(level, 0) + ".conv1.weight", 0));
  config.use_quant_conv = shapes.has("quant_conv.weight");
  config.use_post_quant_conv = shapes.has("post_quant_conv.weight");
  config.mid_block_add_attention =
      shapes.has_scope(original ? "decoder.mid.attn_1" : "decoder.mid_block.attentions");
  config.scaling_factor = xl ? 0.13025 : 0.18215;
  return config;
}

int64_t open_clip_layers(const TensorIndex& index, const FoundPart& text_encoder) {
  return Shapes(index, text_encoder).count([](int64_t layer) {
    return fmt::format("transformer.resblocks.{}", layer);
  });
}

models::ClipTextConfig clip_config_from_shapes(const TensorIndex& index,
                                               const FoundPart& text_encoder,
                                               bool sd2) {
  constexpr int64_t kSd2Layers = 23;  // of the 24 of ViT-H
  constexpr int64_t kClipL = 768;
  const Shapes shapes(index, text_encoder);
  models::ClipTextConfig config;
  if (shapes.original()) {
    config.vocab_size = shapes.length("token_embedding.weight", 0);
    config.hidden_size = shapes.length("token_embedding.weight", 1);
    config.max_position_embeddings = shapes.length("positional_embedding", 0);
    config.num_hidden_layers = open_clip_layers(index, text_encoder);
    config.intermediate_size = shapes.length("transformer.resblocks.0.mlp.c_fc.weight", 0);
    config.projection_dim = shapes.length("text_projection", 1);
    if (sd2) {
      config.num_hidden_layers = std::min(config.num_hidden_layers, kSd2Layers);
      config.projection_dim = 0;
    }
  } else {
    const std::string scope = shapes.has_scope("text_model") ? "text_model." : "";
    const std::string tokens = scope + "embeddings.token_embedding.weight";
    config.vocab_size = shapes.length(tokens, 0);
    config.hidden_size = shapes.length(tokens, 1);
    config.max_position_embeddings =
        shapes.length(scope + "embeddings.position_embedding.weight", 0);
    config.num_hidden_layers = shapes.count(
        [&](int64_t layer) { return fmt::format("{}encoder.layers.{}", scope, layer); });
    config.intermediate_size = shapes.length(scope + "encoder.layers.0.mlp.fc1.weight", 0);
    config.projection_dim = shapes.length("text_projection.weight", 0);
  }
  config.quick_gelu = !shapes.original() && config.hidden_size == kClipL;
  config.num_attention_heads = config.hidden_size / 64;
  return config;
}

models::AutoencoderTinyConfig taesd_config_from_shapes(const TensorIndex& index,
                                                       const FoundPart& taesd) {
  const Shapes shapes(index, taesd);
  models::AutoencoderTinyConfig config;
  const bool original = shapes.original();
  // The decoder of taesd.py begins with a clamp, number 0.
  const std::string encoder = original ? "" : "encoder.layers.";
  const std::string decoder = original ? "" : "decoder.layers.";
  const std::string first = decoder + (original ? "1.weight" : "0.weight");
  const bool encodes = shapes.has(encoder + "0.weight"), decodes = shapes.has(first);
  if (encodes) {
    const int64_t width = shapes.length(encoder + "0.weight", 0);
    config.encoder_block_out_channels.assign(4, width);
    config.decoder_block_out_channels.assign(4, width);
    config.in_channels = shapes.length(encoder + "0.weight", 1);
    config.latent_channels = shapes.length(encoder + "14.weight", 0);
  }
  if (decodes) {
    config.decoder_block_out_channels.assign(4, shapes.length(first, 0));
    if (!encodes) config.encoder_block_out_channels = config.decoder_block_out_channels;
    config.latent_channels = shapes.length(first, 1);
  }
  return config;
}

}  // namespace lienzo::checkpoints
