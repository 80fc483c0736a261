#include "lienzo/checkpoints/layouts/unet.h"

#include <fmt/format.h>

namespace lienzo::checkpoints {
namespace {

void add_unet_resnet(std::vector<LayoutEntry>& entries,
                     const std::string& foreign,
                     const std::string& ours) {
  entries.push_back({foreign + ".in_layers.0", ours + ".norm1"});
  entries.push_back({foreign + ".in_layers.2", ours + ".conv1"});
  entries.push_back({foreign + ".emb_layers.1", ours + ".time_emb_proj"});
  entries.push_back({foreign + ".out_layers.0", ours + ".norm2"});
  entries.push_back({foreign + ".out_layers.3", ours + ".conv2"});
  entries.push_back({foreign + ".skip_connection", ours + ".conv_shortcut"});
}

void add_ends(std::vector<LayoutEntry>& entries) {
  entries.insert(entries.end(),
                 {{"time_embed.0", "time_embedding.linear_1"},
                  {"time_embed.2", "time_embedding.linear_2"},
                  {"time_embed.cond_proj", "time_embedding.cond_proj"},
                  {"label_emb.0.0", "add_embedding.linear_1"},
                  {"label_emb.0.2", "add_embedding.linear_2"},
                  {"input_blocks.0.0", "conv_in"},
                  {"out.0", "conv_norm_out"},
                  {"out.2", "conv_out"}});
}

}  // namespace

LayoutTable unet_layout(const models::UNet2DConditionConfig& config) {
  const auto& attends = config.cross_attention_levels;
  const auto levels = static_cast<int64_t>(attends.size()), layers = config.layers_per_block;
  std::vector<LayoutEntry> entries;
  add_ends(entries);
  int64_t block = 0;  // of input_blocks; 0 is conv_in
  for (int64_t level = 0; level < levels; ++level) {
    for (int64_t layer = 0; layer < layers; ++layer) {
      const std::string foreign = fmt::format("input_blocks.{}", ++block);
      add_unet_resnet(
          entries, foreign + ".0", fmt::format("down_blocks.{}.resnets.{}", level, layer));
      if (attends[static_cast<size_t>(level)]) {
        entries.push_back(
            {foreign + ".1", fmt::format("down_blocks.{}.attentions.{}", level, layer)});
      }
    }
    if (level + 1 == levels) break;
    entries.push_back({fmt::format("input_blocks.{}.0.op", ++block),
                       fmt::format("down_blocks.{}.downsamplers.0.conv", level)});
  }
  add_unet_resnet(entries, "middle_block.0", "mid_block.resnets.0");
  entries.push_back({"middle_block.1", "mid_block.attentions.0"});
  add_unet_resnet(entries, "middle_block.2", "mid_block.resnets.1");
  block = 0;  // of output_blocks
  for (int64_t level = 0; level < levels; ++level) {
    const bool attention = attends[static_cast<size_t>(levels - 1 - level)];
    for (int64_t layer = 0; layer <= layers; ++layer) {
      const std::string foreign = fmt::format("output_blocks.{}", block++);
      add_unet_resnet(
          entries, foreign + ".0", fmt::format("up_blocks.{}.resnets.{}", level, layer));
      if (attention) {
        entries.push_back(
            {foreign + ".1", fmt::format("up_blocks.{}.attentions.{}", level, layer)});
      }
    }
    if (level + 1 == levels) break;
    // The last module of the level's last block.
    entries.push_back({fmt::format("output_blocks.{}.{}.conv", block - 1, attention ? 2 : 1),
                       fmt::format("up_blocks.{}.upsamplers.0.conv", level)});
  }
  return LayoutTable(std::move(entries));
}

}  // namespace lienzo::checkpoints
