#include "lienzo/checkpoints/layouts/clip.h"

#include <fmt/format.h>

namespace lienzo::checkpoints {
namespace {

void add_layer(std::vector<LayoutEntry>& entries,
               const std::string& foreign,
               const std::string& ours) {
  entries.insert(entries.end(),
                 {{foreign + ".ln_1", ours + ".layer_norm1"},
                  {foreign + ".ln_2", ours + ".layer_norm2"},
                  {foreign + ".mlp.c_fc", ours + ".mlp.fc1"},
                  {foreign + ".mlp.c_proj", ours + ".mlp.fc2"},
                  {foreign + ".attn.out_proj", ours + ".self_attn.out_proj"}});
  for (const std::string leaf : {"weight", "bias"}) {
    const std::string fused = foreign + ".attn.in_proj_" + leaf, attention = ours + ".self_attn.";
    entries.insert(entries.end(),
                   {{fused, attention + "q_proj." + leaf, Change::kFirstThird},
                    {fused, attention + "k_proj." + leaf, Change::kSecondThird},
                    {fused, attention + "v_proj." + leaf, Change::kLastThird}});
  }
}

}  // namespace

LayoutTable open_clip_layout(const models::ClipTextConfig& config, int64_t stored_layers) {
  std::vector<LayoutEntry> entries = {
      {"token_embedding", "text_model.embeddings.token_embedding"},
      {"positional_embedding", "text_model.embeddings.position_embedding.weight"},
      {"ln_final", "text_model.final_layer_norm"},
      {"text_projection",
       config.projection_dim > 0 ? "text_projection.weight" : "",
       Change::kTransposed}};
  for (int64_t layer = 0; layer < config.num_hidden_layers; ++layer) {
    add_layer(entries,
              fmt::format("transformer.resblocks.{}", layer),
              fmt::format("text_model.encoder.layers.{}", layer));
  }
  for (int64_t layer = config.num_hidden_layers; layer < stored_layers; ++layer)
    entries.push_back({fmt::format("transformer.resblocks.{}", layer), ""});
  return LayoutTable(std::move(entries));
}

LayoutTable new_clip_layout() {
  return LayoutTable({{"embeddings", "text_model.embeddings"},
                      {"encoder", "text_model.encoder"},
                      {"final_layer_norm", "text_model.final_layer_norm"}});
}

}  // namespace lienzo::checkpoints
