#include "lienzo/checkpoints/layouts/autoencoder.h"

#include <fmt/format.h>

#include <numeric>

namespace lienzo::checkpoints {
namespace {

void add_vae_resnet(std::vector<LayoutEntry>& entries,
                    const std::string& foreign,
                    const std::string& ours) {
  entries.push_back({foreign, ours});
  entries.push_back({foreign + ".nin_shortcut", ours + ".conv_shortcut"});
}

void add_middle(std::vector<LayoutEntry>& entries, const std::string& side) {
  const std::string foreign = side + ".mid", ours = side + ".mid_block";
  add_vae_resnet(entries, foreign + ".block_1", ours + ".resnets.0");
  add_vae_resnet(entries, foreign + ".block_2", ours + ".resnets.1");
  const std::string from = foreign + ".attn_1", to = ours + ".attentions.0";
  entries.insert(entries.end(),
                 {{from + ".norm", to + ".group_norm"},
                  {from + ".q", to + ".to_q", Change::kUnitDims},
                  {from + ".k", to + ".to_k", Change::kUnitDims},
                  {from + ".v", to + ".to_v", Change::kUnitDims},
                  {from + ".proj_out", to + ".to_out.0", Change::kUnitDims}});
  entries.push_back({side + ".norm_out", side + ".conv_norm_out"});
}

// What the modules of a TAESD half are numbered: one after the other, those without weights too.
LayoutTable numbered(const std::string& ours, int64_t count, int64_t shift) {
  std::vector<LayoutEntry> entries;
  for (int64_t i = 0; i < count; ++i)
    entries.push_back({std::to_string(i + shift), fmt::format("{}.layers.{}", ours, i)});
  return LayoutTable(std::move(entries));
}

int64_t sum(const std::vector<int64_t>& values) {
  return std::accumulate(values.begin(), values.end(), int64_t{0});
}

}  // namespace

LayoutTable autoencoder_layout(const models::AutoencoderKlConfig& config) {
  const auto levels = static_cast<int64_t>(config.block_out_channels.size());
  std::vector<LayoutEntry> entries;
  for (int64_t level = 0; level < levels; ++level) {
    const std::string encoder = fmt::format("encoder.down.{}", level);
    const std::string decoder = fmt::format("decoder.up.{}", levels - 1 - level);
    const std::string our_encoder = fmt::format("encoder.down_blocks.{}", level);
    const std::string our_decoder = fmt::format("decoder.up_blocks.{}", level);
    for (int64_t layer = 0; layer <= config.layers_per_block; ++layer) {
      add_vae_resnet(entries,
                     fmt::format("{}.block.{}", encoder, layer),
                     fmt::format("{}.resnets.{}", our_encoder, layer));
      add_vae_resnet(entries,
                     fmt::format("{}.block.{}", decoder, layer),
                     fmt::format("{}.resnets.{}", our_decoder, layer));
    }
    entries.push_back({encoder + ".downsample", our_encoder + ".downsamplers.0"});
    entries.push_back({decoder + ".upsample", our_decoder + ".upsamplers.0"});
  }
  add_middle(entries, "encoder");
  add_middle(entries, "decoder");
  return LayoutTable(std::move(entries));
}

LayoutTable old_autoencoder_layout() {
  std::vector<LayoutEntry> entries;
  for (const std::string side : {"encoder", "decoder"}) {
    const std::string scope = side + ".mid_block.attentions.0";
    entries.insert(entries.end(),
                   {{scope + ".query", scope + ".to_q", Change::kUnitDims},
                    {scope + ".key", scope + ".to_k", Change::kUnitDims},
                    {scope + ".value", scope + ".to_v", Change::kUnitDims},
                    {scope + ".proj_attn", scope + ".to_out.0", Change::kUnitDims}});
  }
  return LayoutTable(std::move(entries));
}

LayoutTable taesd_encoder_layout(const models::AutoencoderTinyConfig& config) {
  // Per level a convolution and its blocks; one convolution at the end.
  const auto levels = static_cast<int64_t>(config.encoder_block_out_channels.size());
  return numbered("encoder", levels + sum(config.num_encoder_blocks) + 1, 0);
}

LayoutTable taesd_decoder_layout(const models::AutoencoderTinyConfig& config) {
  // Convolution and ReLU; per level the blocks, an enlargement but for the last, a convolution.
  const auto levels = static_cast<int64_t>(config.decoder_block_out_channels.size());
  return numbered("decoder", 2 + sum(config.num_decoder_blocks) + 2 * levels - 1, 1);
}

}  // namespace lienzo::checkpoints
