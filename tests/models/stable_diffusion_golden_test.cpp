// The networks of Stable Diffusion against diffusers and transformers:
// tools/golden/stable_diffusion.
#include <gtest/gtest.h>
#include <torch/types.h>
#include <torch/utils.h>

#include "lienzo/base/file.h"
#include "lienzo/models/autoencoder_kl.h"
#include "lienzo/models/autoencoder_tiny.h"
#include "lienzo/models/clip_text_model.h"
#include "lienzo/models/tiling.h"
#include "lienzo/models/unet_2d_condition.h"
#include "lienzo/nn/prepare.h"
#include "lienzo/weights/load.h"
#include "lienzo/weights/safetensors.h"

namespace lienzo::models {
namespace {

namespace fs = std::filesystem;
using Tensors = std::map<std::string, torch::Tensor>;

const fs::path kGolden = LIENZO_TEST_DATA "/golden/stable_diffusion";

Tensors outputs(const std::string& family, const std::string& part) {
  return weights::read_safetensors(kGolden / family / "outputs" / (part + ".safetensors"));
}

// A part of a diffusers folder, in fp32.
template <typename Module, typename Config>
Module load(const fs::path& folder, const std::string& file = "diffusion_pytorch_model") {
  const Json json = Json::parse(read_text_file(folder / "config.json"));
  Module module(Config::from_json(json, folder.string()));
  weights::load_strict(*module,
                       weights::SafetensorsFile::open(folder / (file + ".safetensors")),
                       {.may_be_unexpected = {"*position_ids"}});
  module->eval();
  return module;
}

double error(const torch::Tensor& got, const torch::Tensor& expected) {
  EXPECT_EQ(got.sizes(), expected.sizes());
  return ((got.to(torch::kFloat) - expected).abs().max() / expected.abs().max()).item<double>();
}

UNetConditioning conditioning(const Tensors& tensors, const std::string& prefix) {
  const auto find = [&](const std::string& name) {
    const auto found = tensors.find(prefix + name);
    return found == tensors.end() ? torch::Tensor() : found->second;
  };
  return {.context = find("context"),
          .pooled_text = find("text_embeds"),
          .time_ids = find("time_ids"),
          .guidance = find("timestep_cond")};
}

class UNetGolden : public testing::TestWithParam<const char*> {};

TEST_P(UNetGolden, AnswersLikeDiffusers) {
  const torch::NoGradGuard no_grad;
  const std::string family = GetParam();
  const fs::path folder =
      family == "lcm" ? kGolden / family / "diffusers" : kGolden / family / "diffusers" / "unet";
  auto unet = load<UNet2DCondition, UNet2DConditionConfig>(folder);
  const Tensors tensors = outputs(family, "unet");
  const auto answer = [&](const std::string& prefix) {
    return unet(
        tensors.at(prefix + "x"),
        tensors.at(prefix + "t").to(torch::kFloat).expand({tensors.at(prefix + "x").size(0)}),
        conditioning(tensors, prefix));
  };
  for (const std::string prefix : {"", "long."})
    EXPECT_LE(error(answer(prefix), tensors.at(prefix + "out")), 1e-5) << prefix;
  nn::prepare_for_inference(*unet, torch::kFloat);
  for (const std::string prefix : {"", "long."})
    EXPECT_LE(error(answer(prefix), tensors.at(prefix + "out")), 1e-5) << "prepared " << prefix;
}
INSTANTIATE_TEST_SUITE_P(
    Families,
    UNetGolden,
    testing::Values("sd1", "sd1_inpaint", "sd2", "sdxl", "sdxl_refiner", "lcm"));

void expect_text_encoder(const std::string& family, const std::string& part) {
  const torch::NoGradGuard no_grad;
  auto encoder =
      load<ClipTextModel, ClipTextConfig>(kGolden / family / "diffusers" / part, "model");
  const Tensors tensors = outputs(family, part);
  const torch::Tensor& ids = tensors.at("input_ids");
  const auto last = encoder(ids, 0, /*normed=*/true);
  EXPECT_LE(error(last.hidden, tensors.at("last_hidden_state")), 1e-5) << family;
  const bool projects = tensors.contains("text_embeds");
  EXPECT_LE(error(last.pooled, tensors.at(projects ? "text_embeds" : "pooled")), 1e-5) << family;
  EXPECT_LE(error(encoder(ids, 1, /*normed=*/true).hidden, tensors.at("penultimate")), 1e-5);
  // hidden_states lists the embeddings first.
  const torch::Tensor& states = tensors.at("hidden_states");
  for (int64_t skip = 0; skip + 2 <= states.size(0); ++skip) {
    EXPECT_LE(error(encoder(ids, skip, /*normed=*/false).hidden, states[states.size(0) - 1 - skip]),
              1e-5)
        << family << " without " << skip << " layers";
  }
}

TEST(ClipTextGolden, AnswersLikeTransformers) {
  expect_text_encoder("sd1", "text_encoder");
  expect_text_encoder("sd2", "text_encoder");
  expect_text_encoder("sdxl", "text_encoder");
  expect_text_encoder("sdxl", "text_encoder_2");
}

TEST(AutoencoderGolden, AnswersLikeDiffusers) {
  const torch::NoGradGuard no_grad;
  for (const std::string family : {"sd1", "sdxl"}) {
    auto autoencoder =
        load<AutoencoderKl, AutoencoderKlConfig>(kGolden / family / "diffusers" / "vae");
    const Tensors tensors = outputs(family, "vae");
    const auto posterior = autoencoder->encode(tensors.at("x"));
    EXPECT_LE(error(posterior.mean, tensors.at("mean")), 1e-5) << family;
    EXPECT_LE(error(posterior.logvar, tensors.at("logvar")), 1e-5) << family;
    EXPECT_LE(error(autoencoder->decode(tensors.at("z")), tensors.at("decoded")), 1e-5) << family;
  }
}

TEST(AutoencoderTinyGolden, AnswersLikeDiffusers) {
  const torch::NoGradGuard no_grad;
  auto tiny = load<AutoencoderTiny, AutoencoderTinyConfig>(kGolden / "taesd" / "diffusers");
  const Tensors tensors = outputs("taesd", "taesd");
  EXPECT_LE(error(tiny->encode(tensors.at("x")), tensors.at("latents")), 1e-5);
  EXPECT_LE(error(tiny->decode(tensors.at("z")), tensors.at("decoded")), 1e-5);
}

}  // namespace
}  // namespace lienzo::models
