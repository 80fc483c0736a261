#include "lienzo/checkpoints/checkpoint.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <torch/types.h>

#include "../base/expect_error.h"
#include "../weights/temporary_folder.h"
#include "golden_models.h"
#include "lienzo/nn/skip_init.h"
#include "lienzo/weights/load.h"
#include "lienzo/weights/safetensors.h"
#include "lienzo/weights/save.h"

namespace lienzo::checkpoints {
namespace {

namespace fs = std::filesystem;
using weights::NamedTensor;
using weights::TemporaryFolder;

void expect_same_tensors(const weights::TensorFile& a, const weights::TensorFile& b) {
  EXPECT_EQ(shapes_of(a.index()), shapes_of(b.index()));
  for (const weights::TensorInfo& tensor : a.index().tensors())
    EXPECT_TRUE(a.read(tensor.name).equal(b.read(tensor.name))) << tensor.name;
}

// The networks of both are built alike and filled with the same numbers.
template <class T>
void expect_same_network(const std::optional<Network<T>>& a,
                         const std::optional<Network<T>>& b,
                         const std::string& what) {
  SCOPED_TRACE(what);
  ASSERT_EQ(a.has_value(), b.has_value());
  if (!a) return;
  EXPECT_EQ(a->config.to_json(), b->config.to_json());
  expect_same_tensors(*a->tensors, *b->tensors);
}

std::vector<NamedTensor> tensors_of(const fs::path& path) {
  std::vector<NamedTensor> tensors;
  for (auto& [name, tensor] : weights::read_safetensors(path)) tensors.emplace_back(name, tensor);
  return tensors;
}

std::map<std::string, std::string> metadata_of(const fs::path& path) {
  return weights::SafetensorsFile::open(path).index().metadata();
}

TEST(Checkpoint, BothLayoutsGiveTheSameModel) {
  for (const std::string& family : kWholeFamilies) {
    SCOPED_TRACE(family);
    const Checkpoint file = open_checkpoint(golden(family) / "original.safetensors");
    const Checkpoint folder = open_checkpoint(golden(family) / "diffusers");
    EXPECT_EQ(file.layout, Naming::kOriginal);
    EXPECT_EQ(folder.layout, Naming::kDiffusers);
    EXPECT_EQ(file.family, folder.family);
    EXPECT_TRUE(draws(file.family));
    expect_same_network(file.unet, folder.unet, "unet");
    expect_same_network(file.vae, folder.vae, "vae");
    expect_same_network(file.text_encoder, folder.text_encoder, "text_encoder");
    expect_same_network(file.text_encoder_2, folder.text_encoder_2, "text_encoder_2");
    EXPECT_EQ(file.prediction, folder.prediction);
    EXPECT_EQ(file.prediction, family == "sd2" ? Prediction::kV : Prediction::kEpsilon);
    EXPECT_EQ(file.scheduler, folder.scheduler);
    EXPECT_EQ(file.force_zeros_for_empty_prompt, family == "sdxl");
    EXPECT_EQ(folder.force_zeros_for_empty_prompt, family == "sdxl");
    EXPECT_EQ(folder.tokenizer.has_value(), family != "sdxl_refiner");
    EXPECT_EQ(folder.tokenizer_2.has_value(), family.starts_with("sdxl"));
    EXPECT_FALSE(file.tokenizer);
    EXPECT_NO_THROW(require_complete(file));
    EXPECT_NO_THROW(require_complete(folder));
  }
}

TEST(Checkpoint, FitsTheNetworksWithoutExceptions) {
  const nn::SkipInit guard;
  for (const std::string& family : kWholeFamilies) {
    const Checkpoint model = open_checkpoint(golden(family) / "original.safetensors");
    models::UNet2DCondition unet(model.unet->config);
    weights::load_strict(*unet, *model.unet->tensors);
    models::AutoencoderKl vae(model.vae->config);
    weights::load_strict(*vae, *model.vae->tensors);
    for (const auto* text : {&model.text_encoder, &model.text_encoder_2}) {
      if (!*text) continue;
      models::ClipTextModel encoder((*text)->config);
      weights::load_strict(*encoder, *(*text)->tensors);
    }
  }
}

TEST(Checkpoint, NetworksAlone) {
  const Checkpoint lcm = open_checkpoint(golden("lcm") / "diffusers");
  EXPECT_EQ(lcm.family, Family::kSd1);
  EXPECT_EQ(lcm.unet->config.time_cond_proj_dim, 16);
  expect_error(
      ErrorKind::kNotFound,
      [&] { require_complete(lcm); },
      "no autoencoder and no text encoder",
      "--vae");

  const Checkpoint vae = open_checkpoint(golden("sd1") / "diffusers" / "vae");
  EXPECT_EQ(vae.family, Family::kVae);
  ASSERT_TRUE(vae.vae);
  expect_error(
      ErrorKind::kInvalidInput, [&] { require_complete(vae); }, "autoencoder", "--vae");

  const Checkpoint text = open_checkpoint(golden("sdxl") / "diffusers" / "text_encoder_2");
  EXPECT_EQ(text.family, Family::kClipText);
  EXPECT_EQ(text.text_encoder->config.projection_dim, 16);
}

TEST(Checkpoint, TaesdInBothLayouts) {
  const Checkpoint folder = open_checkpoint(golden("taesd") / "diffusers");
  const Checkpoint halves = open_checkpoint(golden("taesd") / "taesd_decoder.safetensors");
  EXPECT_EQ(halves.family, Family::kTaesd);
  expect_same_network(halves.taesd, folder.taesd, "taesd");

  const TemporaryFolder alone;
  fs::copy(golden("taesd") / "taesd_decoder.safetensors", alone / "taesd_decoder.safetensors");
  const Checkpoint half = open_checkpoint(alone / "taesd_decoder.safetensors");
  EXPECT_TRUE(half.taesd->tensors->index().has_scope("decoder.layers"));
  EXPECT_FALSE(half.taesd->tensors->index().has_scope("encoder"));
  models::AutoencoderTiny taesd(half.taesd->config);
  weights::load_strict(*taesd, *half.taesd->tensors, {.may_be_missing = {"encoder.*"}});
}

TEST(Checkpoint, PartsFromElsewhere) {
  const fs::path sd1 = golden("sd1") / "original.safetensors";
  const Checkpoint other = open_checkpoint(golden("sdxl") / "diffusers");
  const Checkpoint model = open_checkpoint(
      sd1, {.vae = golden("sdxl") / "diffusers", .text_encoder = golden("sdxl") / "diffusers"});
  expect_same_network(model.vae, other.vae, "vae");
  expect_same_network(model.text_encoder, other.text_encoder, "text_encoder");
  EXPECT_EQ(model.family, Family::kSd1);
  EXPECT_TRUE(open_checkpoint(sd1, {.vae = golden("taesd") / "diffusers"}).taesd);
  expect_error(
      ErrorKind::kInvalidInput,
      [&] { open_checkpoint(sd1, {.vae = golden("lcm") / "diffusers"}); },
      "holds no autoencoder",
      "Stable Diffusion 1.x");
}

TEST(Checkpoint, TheScaleOfAnAutoencoderAloneIsThatOfItsModel) {
  const TemporaryFolder folder;
  models::AutoencoderKlConfig config;
  config.block_out_channels = {32, 32};
  const models::AutoencoderKl small(config);
  const auto vae = folder / "vae.safetensors";
  weights::write_safetensors(vae, weights::named_tensors(*small));
  const auto scale = [&](const std::string& family) {
    return open_checkpoint(golden(family) / "original.safetensors", {.vae = vae})
        .vae->config.scaling_factor;
  };
  EXPECT_EQ(scale("sd1"), 0.18215);
  EXPECT_EQ(scale("sdxl"), 0.13025);
}

TEST(Checkpoint, PrunedFilesAndStrays) {
  const TemporaryFolder folder;
  const fs::path original = golden("sd1") / "original.safetensors";
  std::vector<NamedTensor> pruned;
  for (auto& [name, tensor] : tensors_of(original))
    if (name.starts_with("model.diffusion_model.")) pruned.emplace_back(name, tensor);
  weights::write_safetensors(folder / "unet.safetensors", pruned, metadata_of(original));
  const Checkpoint unet = open_checkpoint(folder / "unet.safetensors");
  EXPECT_TRUE(unet.unet);
  EXPECT_FALSE(unet.vae);
  EXPECT_FALSE(unet.text_encoder);
  expect_error(
      ErrorKind::kNotFound, [&] { require_complete(unet); }, "unet.safetensors");

  pruned.emplace_back("stray.weight", torch::zeros({2}));
  pruned.emplace_back("model_ema.decay", torch::zeros({}));
  weights::write_safetensors(folder / "stray.safetensors", pruned, metadata_of(original));
  const Checkpoint stray = open_checkpoint(folder / "stray.safetensors");
  EXPECT_TRUE(stray.unet->tensors->index().contains("stray.weight"));
  EXPECT_FALSE(stray.unet->tensors->index().contains("model_ema.decay"));
}

TEST(Checkpoint, TheStrictLoadNamesEverythingThatIsWrong) {
  const TemporaryFolder folder;
  const fs::path original = golden("sd1") / "original.safetensors";
  std::vector<NamedTensor> damaged;
  for (auto& [name, tensor] : tensors_of(original)) {
    if (name == "model.diffusion_model.out.2.bias") continue;
    if (name == "model.diffusion_model.input_blocks.1.0.in_layers.2.bias") tensor = tensor[0];
    damaged.emplace_back(name, tensor);
  }
  damaged.emplace_back("model.diffusion_model.middle_block.1.extra", torch::zeros({1}));
  damaged.emplace_back("stray", torch::zeros({1}));
  weights::write_safetensors(folder / "damaged.safetensors", damaged, metadata_of(original));
  const Checkpoint model = open_checkpoint(folder / "damaged.safetensors");
  models::UNet2DCondition unet(model.unet->config);
  expect_error(
      ErrorKind::kCorrupt,
      [&] { weights::load_strict(*unet, *model.unet->tensors); },
      "damaged.safetensors",
      "1 missing: 'conv_out.bias'",
      "2 unexpected: ",
      "'mid_block.attentions.0.extra'",
      "'stray'",
      "1 mis-shaped: 'down_blocks.0.resnets.0.conv1.bias'");
}

TEST(Checkpoint, OtherKindsAreNamed) {
  const TemporaryFolder folder;
  const fs::path lora = folder / "style.safetensors";
  weights::write_safetensors(
      lora, {{"lora_unet_mid_block_attentions_0_proj_in.lora_down.weight", torch::zeros({4, 4})}});
  expect_error(
      ErrorKind::kInvalidInput, [&] { open_checkpoint(lora); }, "style.safetensors", "is a LoRA");
  weights::write_safetensors(folder / "flux.safetensors",
                             {{"double_blocks.0.img_attn.norm.key_norm.scale", torch::zeros({4})}});
  expect_error(
      ErrorKind::kUnsupported,
      [&] { open_checkpoint(folder / "flux.safetensors"); },
      "diffusion transformer");
  weights::write_safetensors(folder / "what.safetensors", {{"a.b", torch::zeros({4})}});
  expect_error(
      ErrorKind::kInvalidInput,
      [&] { open_checkpoint(folder / "what.safetensors"); },
      "holds nothing known");
  expect_error(
      ErrorKind::kNotFound, [&] { open_checkpoint(folder / "absent"); }, "does not exist");
  expect_error(
      ErrorKind::kNotFound, [&] { open_checkpoint(folder.path()); }, "model_index.json");
}

TEST(Checkpoint, SmallModelsNeedTheirConfigurationSaid) {
  const TemporaryFolder folder;
  const fs::path original = golden("sd1") / "original.safetensors";
  weights::write_safetensors(folder / "silent.safetensors", tensors_of(original));
  expect_error(
      ErrorKind::kInvalidInput,
      [&] { open_checkpoint(folder / "silent.safetensors"); },
      "silent.safetensors",
      "the shapes of unet",
      "not divisible by norm_num_groups 32");
}

TEST(Checkpoint, FoldersOfOtherModelsAreRefused) {
  const TemporaryFolder folder;
  const auto with_index = [&](const std::string& text) {
    write_file_atomic(folder / "model_index.json", text);
    return [&] { open_checkpoint(folder.path()); };
  };
  expect_error(ErrorKind::kUnsupported,
               with_index(R"({"transformer": ["diffusers", "FluxTransformer2DModel"]})"),
               "diffusion transformer");
  expect_error(ErrorKind::kUnsupported,
               with_index(R"({"unet": ["diffusers", "UNet3DConditionModel"]})"),
               "'unet' is a 'UNet3DConditionModel'");
  expect_error(ErrorKind::kUnsupported, with_index(R"({"unet": [null, null]})"), "names no U-Net");
  expect_error(ErrorKind::kNotFound,
               with_index(R"({"unet": ["diffusers", "UNet2DConditionModel"]})"),
               "config.json");
  expect_error(ErrorKind::kCorrupt, with_index("[]"), "expected an object");
  expect_error(ErrorKind::kCorrupt, with_index("{"), "model_index.json");
  fs::remove(folder / "model_index.json");
  write_file_atomic(folder / "config.json", R"({"_class_name": "PriorTransformer"})");
  weights::write_safetensors(folder / "model.safetensors", {{"a", torch::zeros({1})}});
  expect_error(
      ErrorKind::kUnsupported,
      [&] { open_checkpoint(folder.path()); },
      "describes a PriorTransformer");
  write_file_atomic(folder / "config.json", R"({"_class_name": 5})");
  expect_error(
      ErrorKind::kUnsupported,
      [&] { open_checkpoint(folder.path()); },
      "describes nothing by name");
}

TEST(Checkpoint, TheZeroTerminalRatioIsTrueOrIsNot) {
  const TemporaryFolder folder;
  const fs::path original = golden("sd1") / "original.safetensors", file = folder / "a.safetensors";
  auto metadata = metadata_of(original);
  const auto with_value = [&](const char* value) {
    metadata["lienzo.config.scheduler"] =
        std::string(R"({"rescale_betas_zero_snr": )") + value + "}";
    weights::write_safetensors(file, tensors_of(original), metadata);
    return open_checkpoint(file).zero_terminal_snr;
  };
  EXPECT_TRUE(with_value("true"));
  for (const char* other : {"false", "null", "\"true\"", "[]"}) EXPECT_FALSE(with_value(other));
}

TEST(Checkpoint, LicenceFromTheModelCardOrTheMetadata) {
  const TemporaryFolder folder;
  fs::copy(golden("lcm") / "diffusers", folder / "model", fs::copy_options::recursive);
  EXPECT_EQ(open_checkpoint(folder / "model").licence, "");
  write_file_atomic(folder / "model" / "README.md",
                    "---\ntags:\n- text-to-image\nlicense: openrail++\n---\n# Card\nlicense: no\n");
  EXPECT_EQ(open_checkpoint(folder / "model").licence, "openrail++");

  const fs::path original = golden("sd1") / "original.safetensors";
  auto metadata = metadata_of(original);
  metadata["modelspec.license"] = "CreativeML Open RAIL-M";
  weights::write_safetensors(folder / "a.safetensors", tensors_of(original), metadata);
  const Checkpoint model = open_checkpoint(folder / "a.safetensors");
  EXPECT_EQ(model.licence, "CreativeML Open RAIL-M");
  EXPECT_EQ(model.metadata.at("modelspec.license"), "CreativeML Open RAIL-M");
}

TEST(Checkpoint, ThePredictionCanBeOverruled) {
  for (const char* layout : {"original.safetensors", "diffusers"}) {
    EXPECT_EQ(
        open_checkpoint(golden("sd2") / layout, {.prediction = Prediction::kEpsilon}).prediction,
        Prediction::kEpsilon);
  }
}

}  // namespace
}  // namespace lienzo::checkpoints
