#include "lienzo/models/autoencoder_kl.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "lienzo/base/error.h"
#include "networks.h"

namespace lienzo::models {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::IsSupersetOf;

const AutoencoderKlConfig kConfig = {.block_out_channels = {8, 12}, .norm_num_groups = 4};

TEST(AutoencoderKl, Shapes) {
  const torch::NoGradGuard no_grad;
  AutoencoderKl autoencoder(kConfig);
  const auto posterior = autoencoder->encode(torch::randn({2, 3, 16, 8}));
  EXPECT_EQ(posterior.mean.sizes(), (torch::IntArrayRef{2, 4, 8, 4}));
  EXPECT_EQ(posterior.logvar.sizes(), (torch::IntArrayRef{2, 4, 8, 4}));
  EXPECT_EQ(autoencoder->decode(posterior.mean).sizes(), (torch::IntArrayRef{2, 3, 16, 8}));
  EXPECT_THROW(autoencoder->encode(torch::randn({1, 3, 15, 8})), Error);
  EXPECT_THROW(autoencoder->decode(torch::randn({1, 3, 8, 8})), Error);
}

TEST(AutoencoderKl, GradientReachesEveryParameter) {
  AutoencoderKl autoencoder(kConfig);
  randomize(*autoencoder, 1, 0.2);
  const auto posterior = autoencoder->encode(torch::randn({1, 3, 8, 8}));
  const torch::Tensor loss = autoencoder->decode(posterior.mean + posterior.logvar).square().mean();
  // A key's bias shifts all scores of a row alike, which softmax does not see.
  auto names = untouched(*autoencoder, loss);
  std::erase_if(names, [](const std::string& name) { return name.ends_with("to_k.bias"); });
  EXPECT_THAT(names, IsEmpty());
}

// Names as in huggingface/diffusers v0.30.3 for two levels and one layer per block.
TEST(AutoencoderKl, HasTheNamesOfDiffusers) {
  AutoencoderKl autoencoder(kConfig);
  std::set<std::string> names;
  for (const auto& item : autoencoder->named_parameters()) names.insert(item.key());
  EXPECT_THAT(names,
              IsSupersetOf({
                  "encoder.conv_in.weight",
                  "encoder.down_blocks.0.resnets.0.norm1.weight",
                  "encoder.down_blocks.0.resnets.0.conv2.bias",
                  "encoder.down_blocks.0.downsamplers.0.conv.weight",
                  "encoder.down_blocks.1.resnets.0.conv_shortcut.weight",
                  "encoder.mid_block.attentions.0.group_norm.weight",
                  "encoder.mid_block.attentions.0.to_q.bias",
                  "encoder.mid_block.attentions.0.to_out.0.weight",
                  "encoder.mid_block.resnets.1.norm2.bias",
                  "encoder.conv_norm_out.weight",
                  "encoder.conv_out.weight",
                  "quant_conv.weight",
                  "post_quant_conv.weight",
                  "decoder.conv_in.weight",
                  "decoder.up_blocks.0.resnets.1.conv1.weight",
                  "decoder.up_blocks.0.upsamplers.0.conv.weight",
                  "decoder.up_blocks.1.resnets.0.conv_shortcut.weight",
                  "decoder.mid_block.attentions.0.to_v.weight",
                  "decoder.conv_norm_out.bias",
                  "decoder.conv_out.bias",
              }));
  EXPECT_FALSE(names.contains("encoder.down_blocks.1.downsamplers.0.conv.weight"));
  EXPECT_FALSE(names.contains("decoder.up_blocks.1.upsamplers.0.conv.weight"));
  EXPECT_FALSE(names.contains("decoder.up_blocks.0.resnets.0.conv_shortcut.weight"));
}

// Number of parameters of Stable Diffusion's autoencoder.
TEST(AutoencoderKl, HasTheSizeOfStableDiffusions) {
  AutoencoderKl autoencoder(
      AutoencoderKlConfig{.block_out_channels = {128, 256, 512, 512}, .layers_per_block = 2});
  int64_t count = 0;
  for (const torch::Tensor& parameter : autoencoder->parameters()) count += parameter.numel();
  EXPECT_EQ(count, 83653863);
}

TEST(AutoencoderKlConfig, ReadsAConfigOfDiffusers) {
  const Json json = Json::parse(
      R"({"_class_name": "AutoencoderKL", "_diffusers_version": "0.30.3", "act_fn": "silu",
    "block_out_channels": [8, 16], "down_block_types": ["DownEncoderBlock2D", "DownEncoderBlock2D"],
    "force_upcast": true, "in_channels": 3, "latent_channels": 16, "latents_mean": null, "latents_std": null,
    "layers_per_block": 2, "mid_block_add_attention": true, "norm_num_groups": 8, "out_channels": 3,
    "sample_size": 512, "scaling_factor": 1.5305, "shift_factor": 0.0609,
    "up_block_types": ["UpDecoderBlock2D", "UpDecoderBlock2D"], "use_post_quant_conv": false, "use_quant_conv": false})");
  const auto config = AutoencoderKlConfig::from_json(json, "config.json");
  EXPECT_EQ(config.latent_channels, 16);
  EXPECT_EQ(config.factor(), 2);
  EXPECT_DOUBLE_EQ(config.shift_factor, 0.0609);
  EXPECT_FALSE(config.use_quant_conv);
  EXPECT_EQ(AutoencoderKlConfig::from_json(config.to_json(), "again").to_json(), config.to_json());

  Json other = json;
  other["down_block_types"][1] = "AttnDownEncoderBlock2D";
  try {
    AutoencoderKlConfig::from_json(other, "config.json");
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kUnsupported);
    EXPECT_THAT(error.what(), HasSubstr("AttnDownEncoderBlock2D"));
  }
}

}  // namespace
}  // namespace lienzo::models
