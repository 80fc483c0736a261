#include "lienzo/checkpoints/config_from_shapes.h"

#include <gtest/gtest.h>

#include "golden_models.h"

namespace lienzo::checkpoints {
namespace {

const FoundPart kUNet{Part::kUNet, "", Naming::kDiffusers};
const FoundPart kOriginalUNet{Part::kUNet, "model.diffusion_model.", Naming::kOriginal};

// Without what no shape can tell: the depth of transformers where there are none.
Json comparable(models::UNet2DConditionConfig config) {
  for (size_t level = 0; level + 1 < config.transformer_layers.size(); ++level)
    if (!config.cross_attention_levels[level]) config.transformer_layers[level] = 1;
  return config.to_json();
}

Json reference(const std::string& network) {
  return comparable(models::UNet2DConditionConfig::from_json(config_of(network), network));
}

Json measured(const std::string& names, const FoundPart& part, int64_t sample_size = 0) {
  models::UNet2DConditionConfig config = unet_config_from_shapes(index_of(names_of(names)), part);
  if (sample_size > 0) config.sample_size = sample_size;
  return comparable(config);
}

TEST(ConfigFromShapes, UNets) {
  EXPECT_EQ(measured("sd15_unet", kUNet), reference("sd15_unet"));
  EXPECT_EQ(measured("sd15_inpaint_unet", kUNet), reference("sd15_inpaint_unet"));
  EXPECT_EQ(measured("sd21_unet", kUNet, 96), reference("sd21_unet"));
  EXPECT_EQ(measured("sdxl_unet", kUNet), reference("sdxl_unet"));
  EXPECT_EQ(measured("sdxl_refiner_unet", kUNet), reference("sdxl_refiner_unet"));
}

TEST(ConfigFromShapes, UNetsInTheOriginalLayout) {
  EXPECT_EQ(measured("sd15.original", kOriginalUNet), reference("sd15_unet"));
  EXPECT_EQ(measured("sd21.original", kOriginalUNet, 96), reference("sd21_unet"));
  EXPECT_EQ(measured("sdxl.original", kOriginalUNet), reference("sdxl_unet"));
  EXPECT_EQ(measured("sdxl_refiner.original", kOriginalUNet), reference("sdxl_refiner_unet"));
}

TEST(ConfigFromShapes, GuidanceToldAsANumber) {
  Shapes shapes = names_of("sd15_unet");
  shapes["time_embedding.cond_proj.weight"] = {320, 256};
  EXPECT_EQ(unet_config_from_shapes(index_of(shapes), kUNet).time_cond_proj_dim, 256);
}

TEST(ConfigFromShapes, Autoencoders) {
  Json expected = models::AutoencoderKlConfig::from_json(config_of("vae"), "vae").to_json();
  const auto measure = [](const std::string& names, const std::string& prefix, Naming naming) {
    const FoundPart part{Part::kVae, prefix, naming};
    return autoencoder_config_from_shapes(index_of(names_of(names)), part, names == "sdxl.original")
        .to_json();
  };
  EXPECT_EQ(measure("vae", "", Naming::kDiffusers), expected);
  EXPECT_EQ(measure("sd15.original", "first_stage_model.", Naming::kOriginal), expected);
  expected["scaling_factor"] = 0.13025;
  EXPECT_EQ(measure("sdxl.original", "first_stage_model.", Naming::kOriginal), expected);
}

TEST(ConfigFromShapes, TextEncoders) {
  const auto expected = [](const std::string& network) {
    return models::ClipTextConfig::from_json(config_of(network), network).to_json();
  };
  const auto measure =
      [](const std::string& names, const std::string& prefix, Naming naming, bool sd2 = false) {
        const FoundPart part{Part::kTextEncoder, prefix, naming};
        return clip_config_from_shapes(index_of(names_of(names)), part, sd2).to_json();
      };
  EXPECT_EQ(measure("clip_l", "", Naming::kDiffusers), expected("clip_l"));
  EXPECT_EQ(measure("open_clip_h", "", Naming::kDiffusers), expected("open_clip_h"));
  EXPECT_EQ(measure("open_clip_g", "", Naming::kDiffusers), expected("open_clip_g"));
  EXPECT_EQ(measure("sd15.original", "cond_stage_model.transformer.", Naming::kDiffusers),
            expected("clip_l"));
  EXPECT_EQ(measure("sd21.original", "cond_stage_model.model.", Naming::kOriginal, /*sd2=*/true),
            expected("open_clip_h"));
  EXPECT_EQ(measure("sdxl.original", "conditioner.embedders.1.model.", Naming::kOriginal),
            expected("open_clip_g"));
}

TEST(ConfigFromShapes, TinyAutoencoders) {
  const FoundPart part{Part::kTaesd, "", Naming::kDiffusers};
  EXPECT_EQ(taesd_config_from_shapes(index_of(names_of("taesd")), part).to_json(),
            models::AutoencoderTinyConfig::from_json(config_of("taesd"), "taesd").to_json());
}

TEST(ConfigFromShapes, NonsenseIsMeasuredWithoutHarm) {
  const FoundPart part{Part::kVae, "", Naming::kOriginal};
  EXPECT_TRUE(unet_config_from_shapes(index_of({}), kUNet).block_out_channels.empty());
  EXPECT_TRUE(autoencoder_config_from_shapes(index_of({}), part, false).block_out_channels.empty());
  EXPECT_EQ(
      clip_config_from_shapes(index_of({{"text_model.embeddings.token_embedding.weight", {}}}),
                              {Part::kTextEncoder, "", Naming::kDiffusers},
                              false)
          .hidden_size,
      0);
}

}  // namespace
}  // namespace lienzo::checkpoints
