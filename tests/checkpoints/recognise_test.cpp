#include "lienzo/checkpoints/recognise.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "golden_models.h"
#include "lienzo/weights/safetensors.h"

namespace lienzo::checkpoints {
namespace {

using testing::ElementsAre;

constexpr const char* kUNetName = "model.diffusion_model.";
constexpr const char* kVae = "first_stage_model.";

Recognised recognise_file(const std::filesystem::path& path) {
  return recognise(weights::SafetensorsFile::open(path).index());
}

Family family_of(const Shapes& shapes) { return recognise(index_of(shapes)).family; }

TEST(Recognise, SingleFilesOfEveryFamily) {
  const FoundPart unet{Part::kUNet, kUNetName, Naming::kOriginal};
  const FoundPart vae{Part::kVae, kVae, Naming::kOriginal};
  const auto expect = [&](const std::string& name, Family family, const auto&... text) {
    const Recognised found = recognise_file(golden(name) / "original.safetensors");
    EXPECT_EQ(found.family, family) << name;
    EXPECT_THAT(found.parts, ElementsAre(unet, vae, text...)) << name;
  };
  const FoundPart clip{Part::kTextEncoder, "cond_stage_model.transformer.", Naming::kDiffusers};
  expect("sd1", Family::kSd1, clip);
  expect("sd1_inpaint", Family::kSd1Inpaint, clip);
  expect("sd2",
         Family::kSd2,
         FoundPart{Part::kTextEncoder, "cond_stage_model.model.", Naming::kOriginal});
  expect("sdxl",
         Family::kSdXl,
         FoundPart{Part::kTextEncoder, "conditioner.embedders.0.transformer.", Naming::kDiffusers},
         FoundPart{Part::kTextEncoder2, "conditioner.embedders.1.model.", Naming::kOriginal});
  expect("sdxl_refiner",
         Family::kSdXlRefiner,
         FoundPart{Part::kTextEncoder2, "conditioner.embedders.0.model.", Naming::kOriginal});
}

TEST(Recognise, TheNamesOfPublishedModels) {
  EXPECT_EQ(family_of(names_of("sd15.original")), Family::kSd1);
  EXPECT_EQ(family_of(names_of("sd21.original")), Family::kSd2);
  EXPECT_EQ(family_of(names_of("sdxl.original")), Family::kSdXl);
  EXPECT_EQ(family_of(names_of("sdxl_refiner.original")), Family::kSdXlRefiner);
}

TEST(Recognise, UNetsAloneInBothNamings) {
  EXPECT_EQ(family_of(names_of("sd15_unet")), Family::kSd1);
  EXPECT_EQ(family_of(names_of("sd15_inpaint_unet")), Family::kSd1Inpaint);
  EXPECT_EQ(family_of(names_of("sd21_unet")), Family::kSd2);
  EXPECT_EQ(family_of(names_of("sdxl_unet")), Family::kSdXl);
  EXPECT_EQ(family_of(names_of("sdxl_refiner_unet")), Family::kSdXlRefiner);

  // Pruned to the U-Net; then without the prefix, as GGUF files have it.
  Shapes pruned, bare;
  for (const auto& [name, shape] : names_of("sdxl.original")) {
    if (!name.starts_with(kUNetName)) continue;
    pruned[name] = shape;
    bare[name.substr(std::string(kUNetName).size())] = shape;
  }
  EXPECT_THAT(recognise(index_of(pruned)).parts,
              ElementsAre(FoundPart{Part::kUNet, kUNetName, Naming::kOriginal}));
  EXPECT_EQ(family_of(bare), Family::kSdXl);
}

TEST(Recognise, InpaintingByTheInputOfItsUNet) {
  for (const auto& [network, family] :
       {std::pair{"sd21_unet", Family::kSd2Inpaint}, {"sdxl_unet", Family::kSdXlInpaint}}) {
    Shapes shapes = names_of(network);
    shapes["conv_in.weight"][1] = 9;
    EXPECT_EQ(family_of(shapes), family);
  }
}

TEST(Recognise, PartsAlone) {
  EXPECT_EQ(family_of(names_of("vae")), Family::kVae);
  EXPECT_EQ(family_of(names_of("clip_l")), Family::kClipText);
  EXPECT_EQ(family_of(names_of("taesd")), Family::kTaesd);
  for (const char* half : {"taesd_encoder", "taesd_decoder"}) {
    const Recognised found = recognise_file(golden("taesd") / (std::string(half) + ".safetensors"));
    EXPECT_EQ(found.family, Family::kTaesd) << half;
    EXPECT_THAT(found.parts, ElementsAre(FoundPart{Part::kTaesd, "", Naming::kOriginal}));
  }
  Shapes vae, clip;
  for (const auto& [name, shape] : names_of("sd21.original")) {
    if (name.starts_with(kVae)) vae[name.substr(std::string(kVae).size())] = shape;
    const std::string text = "cond_stage_model.model.";
    if (name.starts_with(text)) clip[name.substr(text.size())] = shape;
  }
  EXPECT_THAT(recognise(index_of(vae)).parts,
              ElementsAre(FoundPart{Part::kVae, "", Naming::kOriginal}));
  EXPECT_THAT(recognise(index_of(clip)).parts,
              ElementsAre(FoundPart{Part::kTextEncoder, "", Naming::kOriginal}));
}

TEST(Recognise, WhatIsNoModel) {
  const auto alone = [](const std::string& name, std::vector<int64_t> shape = {4, 4}) {
    return family_of({{name, std::move(shape)}});
  };
  EXPECT_EQ(alone("lora_unet_down_blocks_0_attentions_0_proj_in.lora_down.weight"), Family::kLora);
  EXPECT_EQ(alone("unet.down_blocks.0.attentions.0.proj_in.lora_A.weight"), Family::kLora);
  EXPECT_EQ(alone("unet.up_blocks.0.attn1.processor.to_q_lora.down.weight"), Family::kLora);
  EXPECT_EQ(alone("lora_unet_mid_block_attentions_0_proj_in.hada_w1_a"), Family::kLora);
  EXPECT_EQ(alone("control_model.input_blocks.0.0.weight"), Family::kControlNet);
  EXPECT_EQ(alone("controlnet_cond_embedding.conv_in.weight"), Family::kControlNet);
  EXPECT_EQ(alone("image_proj.proj.weight"), Family::kControlNet);
  EXPECT_EQ(alone("emb_params", {8, 768}), Family::kTextualInversion);
  EXPECT_EQ(alone("<my-cat>", {768}), Family::kTextualInversion);
  EXPECT_EQ(family_of({{"clip_l", {2, 768}}, {"clip_g", {2, 1280}}}), Family::kTextualInversion);
  EXPECT_EQ(alone("conv_first.weight", {64, 3, 3, 3}), Family::kUpscaler);
  EXPECT_EQ(alone("model.1.sub.0.RDB1.conv1.0.weight"), Family::kUpscaler);
  EXPECT_EQ(alone("params_ema.body.0.weight"), Family::kUpscaler);
  EXPECT_EQ(alone("model.diffusion_model.joint_blocks.0.context_block.mlp.fc1.weight"),
            Family::kTransformer);
  EXPECT_EQ(alone("double_blocks.0.img_attn.norm.key_norm.scale"), Family::kTransformer);
  EXPECT_EQ(alone("transformer.h.0.attn.weight"), Family::kUnknown);
  EXPECT_EQ(family_of({}), Family::kUnknown);
  EXPECT_EQ(recognise(index_of(names_of("vae"), {{"lienzo.kind", "autoencoder"}})).family,
            Family::kLienzo);
}

TEST(Recognise, RelativesWithOtherInputs) {
  Shapes depth = names_of("sd21_unet");
  depth["conv_in.weight"][1] = 5;
  EXPECT_EQ(family_of(depth), Family::kOtherUNet);
  Shapes pix2pix = names_of("sd15_unet");
  pix2pix["conv_in.weight"][1] = 8;
  EXPECT_EQ(family_of(pix2pix), Family::kOtherUNet);
  Shapes unclip = names_of("sd21.original");
  unclip["model.diffusion_model.label_emb.0.0.weight"] = {1280, 2048};
  EXPECT_EQ(family_of(unclip), Family::kOtherUNet);
  Shapes playground = names_of("sdxl.original");
  playground["edm_mean"] = {1, 4, 1, 1};
  EXPECT_EQ(family_of(playground), Family::kOtherUNet);
}

TEST(Recognise, SaysWhereTheOthersBelong) {
  EXPECT_THAT(refusal(Family::kLora), testing::HasSubstr("LoRA"));
  EXPECT_THAT(refusal(Family::kVae), testing::HasSubstr("--vae"));
  EXPECT_THAT(refusal(Family::kControlNet), testing::HasSubstr("guides a model"));
}

}  // namespace
}  // namespace lienzo::checkpoints
