#include <fmt/format.h>

#include "lienzo/base/error.h"
#include "lienzo/models/reference_config.h"
#include "lienzo/models/unet_2d_condition.h"

namespace lienzo::models {
namespace {

// A setting that is one number for all levels or a list with one for each.
void read_levels(ConfigReader& reader,
                 std::string_view key,
                 size_t levels,
                 std::vector<int64_t>& values) {
  if (!reader.has(key)) return;
  Json json;
  reader.required(key, json);
  if (json.is_number_integer()) json = Json::array({json});
  bool whole = json.is_array() && !json.empty();
  if (whole) {
    for (const Json& item : json) whole = whole && item.is_number_integer();
  }
  if (!whole || (json.size() != 1 && json.size() != levels)) {
    reader.reject(key, fmt::format("must be a whole number or a list of {}", levels));
  }
  values.assign(levels, 0);
  for (size_t i = 0; i < levels; ++i)
    values[i] = (json.size() == 1 ? json[0] : json[i]).get<int64_t>();
}

std::vector<bool> read_block_types(ConfigReader& reader,
                                   std::string_view where,
                                   std::string_view key,
                                   std::string_view plain,
                                   std::string_view attending,
                                   std::vector<std::string> names) {
  reader.optional(key, names);
  std::vector<bool> attends;
  for (const std::string& name : names) {
    if (name != plain && name != attending) {
      throw Error(
          ErrorKind::kUnsupported,
          fmt::format(
              "{}: '{}' has \"{}\", only {} and {} are known", where, key, name, plain, attending));
    }
    attends.push_back(name == attending);
  }
  return attends;
}

void read_additions(ConfigReader& reader, std::string_view where, UNet2DConditionConfig& config) {
  std::string addition;
  reader.optional("addition_embed_type", addition);
  reader.optional("addition_time_embed_dim", config.addition_time_embed_dim);
  reader.optional("projection_class_embeddings_input_dim",
                  config.projection_class_embeddings_input_dim);
  reader.optional("time_cond_proj_dim", config.time_cond_proj_dim);
  if (!addition.empty() && addition != "text_time") {
    throw Error(
        ErrorKind::kUnsupported,
        fmt::format(
            "{}: 'addition_embed_type' is \"{}\", only \"text_time\" is known", where, addition));
  }
  config.text_time = !addition.empty();
}

void check_ranges(const ConfigReader& reader, const UNet2DConditionConfig& config) {
  const auto within = [&](std::string_view key, int64_t value, int64_t most, int64_t least = 1) {
    if (value < least || value > most)
      reader.reject(key, fmt::format("is {}, expected {} to {}", value, least, most));
  };
  within("in_channels", config.in_channels, 64);
  within("out_channels", config.out_channels, 64);
  within("sample_size", config.sample_size, 4096);
  within("layers_per_block", config.layers_per_block, 16);
  within("cross_attention_dim", config.cross_attention_dim, 16384);
  within("norm_num_groups", config.norm_num_groups, 4096);
  within("time_cond_proj_dim", config.time_cond_proj_dim, 16384, 0);
  if (config.text_time) {
    within("addition_time_embed_dim", config.addition_time_embed_dim, 16384);
    within("projection_class_embeddings_input_dim",
           config.projection_class_embeddings_input_dim,
           65536);
  }
  if (!(config.norm_eps > 0)) reader.reject("norm_eps", "must be more than 0");
  for (size_t i = 0; i < config.block_out_channels.size(); ++i) {
    const int64_t width = config.block_out_channels[i];
    within("block_out_channels", width, 8192);
    within("transformer_layers_per_block", config.transformer_layers[i], 32);
    within("attention_head_dim", config.heads[i], 512);
    if (width % config.norm_num_groups != 0) {
      reader.reject(
          "block_out_channels",
          fmt::format(
              "has {}, not divisible by norm_num_groups {}", width, config.norm_num_groups));
    }
    if (width % config.heads[i] != 0) {
      reader.reject("attention_head_dim",
                    fmt::format("has {} heads at a level of {} channels", config.heads[i], width));
    }
  }
}

}  // namespace

UNet2DConditionConfig UNet2DConditionConfig::from_json(const Json& json, std::string_view where) {
  UNet2DConditionConfig config;
  ConfigReader reader(without_nulls(json), std::string(where));
  ignore(reader, {"_diffusers_version", "_name_or_path", "addition_embed_type_num_heads"});
  require_fixed(reader,
                where,
                {{"_class_name", "UNet2DConditionModel"},
                 {"act_fn", "silu"},
                 {"attention_type", "default"},
                 {"center_input_sample", false},
                 {"class_embed_type", nullptr},
                 {"class_embeddings_concat", false},
                 {"conv_in_kernel", 3},
                 {"conv_out_kernel", 3},
                 {"cross_attention_norm", nullptr},
                 {"downsample_padding", 1},
                 {"dropout", 0.0},
                 {"dual_cross_attention", false},
                 {"encoder_hid_dim", nullptr},
                 {"encoder_hid_dim_type", nullptr},
                 {"flip_sin_to_cos", true},
                 {"freq_shift", 0},
                 {"mid_block_only_cross_attention", nullptr},
                 {"mid_block_scale_factor", 1},
                 {"mid_block_type", "UNetMidBlock2DCrossAttn"},
                 {"num_class_embeds", nullptr},
                 {"only_cross_attention", false},
                 {"resnet_out_scale_factor", 1.0},
                 {"resnet_skip_time_act", false},
                 {"resnet_time_scale_shift", "default"},
                 {"reverse_transformer_layers_per_block", nullptr},
                 {"time_embedding_act_fn", nullptr},
                 {"time_embedding_dim", nullptr},
                 {"time_embedding_type", "positional"},
                 {"timestep_post_act", nullptr}});
  reader.optional("in_channels", config.in_channels);
  reader.optional("out_channels", config.out_channels);
  reader.optional("sample_size", config.sample_size);
  reader.optional("block_out_channels", config.block_out_channels);
  reader.optional("layers_per_block", config.layers_per_block);
  reader.optional("cross_attention_dim", config.cross_attention_dim);
  reader.optional("norm_num_groups", config.norm_num_groups);
  reader.optional("norm_eps", config.norm_eps);
  reader.optional("use_linear_projection", config.use_linear_projection);
  reader.optional("upcast_attention", config.upcast_attention);
  read_additions(reader, where, config);

  const size_t levels = config.block_out_channels.size();
  if (levels < 1 || levels > 6) reader.reject("block_out_channels", "expected one to six levels");
  config.transformer_layers.assign(levels, 1);
  config.heads.assign(levels, 8);
  read_levels(reader, "transformer_layers_per_block", levels, config.transformer_layers);
  // diffusers reads attention_head_dim as the number of heads, unless that has its own key.
  read_levels(reader, "attention_head_dim", levels, config.heads);
  read_levels(reader, "num_attention_heads", levels, config.heads);
  config.cross_attention_levels = read_block_types(
      reader,
      where,
      "down_block_types",
      "DownBlock2D",
      "CrossAttnDownBlock2D",
      {"CrossAttnDownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D", "DownBlock2D"});
  std::vector<bool> up = read_block_types(
      reader,
      where,
      "up_block_types",
      "UpBlock2D",
      "CrossAttnUpBlock2D",
      {"UpBlock2D", "CrossAttnUpBlock2D", "CrossAttnUpBlock2D", "CrossAttnUpBlock2D"});
  reader.finish();
  if (config.cross_attention_levels.size() != levels) {
    reader.reject("down_block_types", fmt::format("must have {} entries", levels));
  }
  if (!std::equal(up.rbegin(),
                  up.rend(),
                  config.cross_attention_levels.begin(),
                  config.cross_attention_levels.end())) {
    reader.reject("up_block_types", "must mirror 'down_block_types'");
  }
  check_ranges(reader, config);
  return config;
}

Json UNet2DConditionConfig::to_json() const {
  Json down = Json::array(), up = Json::array();
  for (size_t i = 0; i < cross_attention_levels.size(); ++i) {
    const bool mirrored = cross_attention_levels[cross_attention_levels.size() - 1 - i];
    down.push_back(cross_attention_levels[i] ? "CrossAttnDownBlock2D" : "DownBlock2D");
    up.push_back(mirrored ? "CrossAttnUpBlock2D" : "UpBlock2D");
  }
  Json json = {{"_class_name", "UNet2DConditionModel"},
               {"act_fn", "silu"},
               {"attention_head_dim", heads},
               {"block_out_channels", block_out_channels},
               {"center_input_sample", false},
               {"cross_attention_dim", cross_attention_dim},
               {"down_block_types", down},
               {"downsample_padding", 1},
               {"flip_sin_to_cos", true},
               {"freq_shift", 0},
               {"in_channels", in_channels},
               {"layers_per_block", layers_per_block},
               {"mid_block_scale_factor", 1},
               {"norm_eps", norm_eps},
               {"norm_num_groups", norm_num_groups},
               {"out_channels", out_channels},
               {"sample_size", sample_size},
               {"transformer_layers_per_block", transformer_layers},
               {"up_block_types", up},
               {"upcast_attention", upcast_attention},
               {"use_linear_projection", use_linear_projection}};
  if (time_cond_proj_dim > 0) json["time_cond_proj_dim"] = time_cond_proj_dim;
  if (text_time) {
    json["addition_embed_type"] = "text_time";
    json["addition_time_embed_dim"] = addition_time_embed_dim;
    json["projection_class_embeddings_input_dim"] = projection_class_embeddings_input_dim;
  }
  return json;
}

}  // namespace lienzo::models
