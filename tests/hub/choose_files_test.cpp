#include "lienzo/hub/choose_files.h"

#include "../base/expect_error.h"
#include "lienzo/hub/weight_name.h"

namespace lienzo::hub {
namespace {

using testing::UnorderedElementsAre;

std::vector<HubFile> listing(const std::vector<std::string>& paths) {
  std::vector<HubFile> files;
  for (const std::string& path : paths) files.push_back({path, 1, {}});
  return files;
}

std::vector<std::string> paths(const FileChoice& choice) {
  std::vector<std::string> paths;
  for (const HubFile& file : choice.files) paths.push_back(file.path);
  return paths;
}

constexpr const char* kIndex =
    R"({"_class_name": "X", "unet": ["diffusers", "U"], "vae": ["diffusers", "A"],
        "tokenizer": ["transformers", "T"], "image_encoder": [null, null],
        "safety_checker": ["a", "S"], "requires_safety_checker": true})";

std::vector<std::string> choose(const std::vector<std::string>& all,
                                const std::string& variant = "",
                                const char* index = kIndex) {
  return paths(choose_files(listing(all), index, variant, "o/r"));
}

TEST(WeightName, ReadsPlainVariantShardAndIndex) {
  EXPECT_EQ(parse_weight_name("diffusion_pytorch_model.safetensors")->base,
            "diffusion_pytorch_model");
  EXPECT_EQ(parse_weight_name("model.fp16.safetensors")->variant, "fp16");
  EXPECT_EQ(parse_weight_name("pytorch_model.bin")->extension, "bin");
  const auto shard = parse_weight_name("model.fp16-00002-of-00003.safetensors");
  EXPECT_EQ(shard->shard, 2);
  EXPECT_EQ(shard->shards, 3);
  EXPECT_EQ(shard->variant, "fp16");
  EXPECT_EQ(parse_weight_name("model-00001-of-00002.fp16.safetensors")->variant, "fp16");
  for (const char* name :
       {"model.safetensors.index.fp16.json", "model.safetensors.fp16.index.json"}) {
    EXPECT_TRUE(parse_weight_name(name)->is_index);
    EXPECT_EQ(parse_weight_name(name)->variant, "fp16");
  }
  EXPECT_TRUE(parse_weight_name("diffusion_pytorch_model.safetensors.index.json")->is_index);
  for (const char* other : {"model.onnx",
                            "flax_model.msgpack",
                            "openvino_model.bin",
                            "config.json",
                            "sd_xl_base_1.0.safetensors",
                            "model_index.json",
                            ""})
    EXPECT_FALSE(parse_weight_name(other)) << other;
}

TEST(ChooseFiles, TakesThePartsThatTheIndexNames) {
  EXPECT_THAT(choose({"model_index.json",
                      "README.md",
                      "LICENSE.md",
                      "pretty.png",
                      ".gitattributes",
                      "unet/config.json",
                      "unet/diffusion_pytorch_model.safetensors",
                      "unet/diffusion_pytorch_model.bin",
                      "unet/model.onnx",
                      "unet/diffusion_flax_model.msgpack",
                      "unet/openvino_model.xml",
                      "vae/config.json",
                      "vae/diffusion_pytorch_model.safetensors",
                      "vae_decoder/model.onnx",
                      "vae_1_0/diffusion_pytorch_model.safetensors",
                      "tokenizer/vocab.json",
                      "tokenizer/merges.txt",
                      "safety_checker/model.safetensors",
                      "image_encoder/model.safetensors",
                      "all-in-one.safetensors"}),
              UnorderedElementsAre("model_index.json",
                                   "README.md",
                                   "LICENSE.md",
                                   "unet/config.json",
                                   "unet/diffusion_pytorch_model.safetensors",
                                   "vae/config.json",
                                   "vae/diffusion_pytorch_model.safetensors",
                                   "tokenizer/vocab.json",
                                   "tokenizer/merges.txt"));
}

const std::vector<std::string> kVariants = {"model_index.json",
                                            "unet/diffusion_pytorch_model.safetensors",
                                            "unet/diffusion_pytorch_model.fp16.safetensors",
                                            "unet/diffusion_pytorch_model.non_ema.safetensors",
                                            "vae/diffusion_pytorch_model.safetensors",
                                            "vae/diffusion_pytorch_model.bin",
                                            "vae/diffusion_pytorch_model.fp16.bin"};

TEST(ChooseFiles, TakesThePlainWeightsUnlessAVariantIsAskedFor) {
  EXPECT_THAT(choose(kVariants),
              UnorderedElementsAre("model_index.json",
                                   "unet/diffusion_pytorch_model.safetensors",
                                   "vae/diffusion_pytorch_model.safetensors"));
  EXPECT_THAT(choose(kVariants, "fp16"),
              UnorderedElementsAre("model_index.json",
                                   "unet/diffusion_pytorch_model.fp16.safetensors",
                                   "vae/diffusion_pytorch_model.fp16.bin"));
  EXPECT_THAT(choose(kVariants, "non_ema"),
              UnorderedElementsAre("model_index.json",
                                   "unet/diffusion_pytorch_model.non_ema.safetensors",
                                   "vae/diffusion_pytorch_model.safetensors"));
  expect_error(
      ErrorKind::kInvalidInput,
      [] { choose(kVariants, "bf16"); },
      "no variant 'bf16'",
      "it has fp16, non_ema");
}

TEST(ChooseFiles, TakesFp16WhereThereIsNothingElse) {
  EXPECT_THAT(choose({"model_index.json",
                      "unet/diffusion_pytorch_model.fp16.safetensors",
                      "unet/diffusion_pytorch_model.non_ema.safetensors",
                      "vae/diffusion_pytorch_model.bin"}),
              UnorderedElementsAre("model_index.json",
                                   "unet/diffusion_pytorch_model.fp16.safetensors",
                                   "vae/diffusion_pytorch_model.bin"));
}

TEST(ChooseFiles, TakesAllShardsAndTheirIndex) {
  const std::vector<std::string> sharded = {
      "model_index.json",
      "unet/diffusion_pytorch_model.safetensors.index.json",
      "unet/diffusion_pytorch_model-00001-of-00002.safetensors",
      "unet/diffusion_pytorch_model-00002-of-00002.safetensors",
      "unet/diffusion_pytorch_model.safetensors.index.fp16.json",
      "unet/diffusion_pytorch_model.fp16-00001-of-00001.safetensors"};
  EXPECT_THAT(choose(sharded),
              UnorderedElementsAre(sharded[0], sharded[1], sharded[2], sharded[3]));
  EXPECT_THAT(choose(sharded, "fp16"), UnorderedElementsAre(sharded[0], sharded[4], sharded[5]));
  expect_error(
      ErrorKind::kCorrupt,
      [&] {
        choose({sharded[0], sharded[1], sharded[2]});
      },
      "o/r/unet offers 1 of the 2 pieces");
}

TEST(ChooseFiles, TakesAPartThatStandsAlone) {
  EXPECT_THAT(
      choose({"README.md",
              "config.json",
              "diffusion_pytorch_model.safetensors",
              "diffusion_pytorch_model.bin",
              "taesd_decoder.safetensors"},
             "",
             ""),
      UnorderedElementsAre("README.md", "config.json", "diffusion_pytorch_model.safetensors"));
}

TEST(ChooseFiles, TakesTheOnlyCheckpoint) {
  const FileChoice choice = choose_files(
      listing({"README.md", "model.ckpt", "preview.png", "config.yaml"}), "", "", "o/r");
  EXPECT_TRUE(choice.is_single_file);
  EXPECT_THAT(paths(choice), testing::ElementsAre("README.md", "model.ckpt"));
}

TEST(ChooseFiles, AsksWhichOfSeveralCheckpoints) {
  expect_error(
      ErrorKind::kInvalidInput,
      [] {
        choose({"a.safetensors", "b.ckpt"}, "", "");
      },
      "say which, as o/r:FILE",
      "a.safetensors, b.ckpt");
  std::vector<std::string> many;
  for (int k = 0; k < 50; ++k) many.push_back(std::to_string(k) + ".safetensors");
  expect_error(
      ErrorKind::kInvalidInput, [&] { choose(many, "", ""); }, "and 30 more");
}

TEST(ChooseFiles, SaysWhenThereIsNothingToTake) {
  expect_error(
      ErrorKind::kNotFound, [] { choose({"README.md"}, "", ""); }, "holds no weights");
  expect_error(
      ErrorKind::kNotFound,
      [] {
        choose({"model_index.json", "unet/model.onnx"});
      },
      "expected .safetensors or .bin in: unet");
  expect_error(
      ErrorKind::kInvalidInput, [] { choose({"a.safetensors"}, "fp16", ""); }, "has no variants");
  for (const char* index : {"", "[]", "{", "3"})
    expect_error(
        ErrorKind::kCorrupt, [&] { choose({"model_index.json"}, "", index); }, "model_index.json");
}

TEST(ChooseFiles, TakesOneFileByName) {
  const auto all = listing({"README.md", "a.safetensors", "unet/config.json"});
  EXPECT_THAT(paths(choose_file(all, "a.safetensors", "o/r")),
              testing::ElementsAre("README.md", "a.safetensors"));
  EXPECT_TRUE(choose_file(all, "a.safetensors", "o/r").is_single_file);
  EXPECT_FALSE(choose_file(all, "unet/config.json", "o/r").is_single_file);
  EXPECT_THAT(paths(choose_file(all, "README.md", "o/r")), testing::ElementsAre("README.md"));
  expect_error(
      ErrorKind::kNotFound,
      [&] { choose_file(all, "a.safetensor", "o/r"); },
      "did you mean 'a.safetensors'?");
}

TEST(ChooseFiles, BringsTheSettingsOfAnAdapter) {
  const auto all = listing({"adapter_model.safetensors",
                            "adapter_config.json",
                            "step-5/adapter_config.json",
                            "step-5/adapter_model.safetensors"});
  EXPECT_THAT(paths(choose_file(all, "adapter_model.safetensors", "o/r")),
              testing::ElementsAre("adapter_config.json", "adapter_model.safetensors"));
  EXPECT_THAT(
      paths(choose_file(all, "step-5/adapter_model.safetensors", "o/r")),
      testing::ElementsAre("step-5/adapter_config.json", "step-5/adapter_model.safetensors"));
}

}  // namespace
}  // namespace lienzo::hub
