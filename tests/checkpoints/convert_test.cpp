#include "lienzo/checkpoints/convert.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <torch/types.h>

#include "../base/expect_error.h"
#include "../weights/temporary_folder.h"
#include "golden_models.h"
#include "lienzo/checkpoints/leftovers.h"
#include "lienzo/weights/safetensors.h"

namespace lienzo::checkpoints {
namespace {

namespace fs = std::filesystem;
using weights::NamedTensor;
using weights::read_safetensors;
using weights::TemporaryFolder;

constexpr Naming kOriginal = Naming::kOriginal, kDiffusers = Naming::kDiffusers;

void convert(const fs::path& from, const fs::path& to, Naming layout) {
  convert_checkpoint(open_checkpoint(from), to, {.layout = layout});
}

void expect_same_tensors(const fs::path& a, const fs::path& b) {
  const auto left = read_safetensors(a), right = read_safetensors(b);
  EXPECT_EQ(left.size(), right.size());
  for (const auto& [name, tensor] : left) {
    const auto found = right.find(name);
    ASSERT_NE(found, right.end()) << name;
    EXPECT_EQ(tensor.scalar_type(), found->second.scalar_type()) << name;
    EXPECT_TRUE(tensor.equal(found->second)) << name;
  }
}

// What diffusers has no place for: the layer after the penultimate, and the projection after it.
bool only_in_files_of_sd2(const std::string& name) {
  return name == "cond_stage_model.model.text_projection" ||
         name.starts_with("cond_stage_model.model.transformer.resblocks.3.");
}

TEST(Convert, AFileComesBackBitForBit) {
  for (const std::string& family : kWholeFamilies) {
    SCOPED_TRACE(family);
    const TemporaryFolder folder;
    convert(golden(family) / "original.safetensors", folder / "folder", kDiffusers);
    convert(folder / "folder", folder / "back.safetensors", kOriginal);
    const auto before = read_safetensors(golden(family) / "original.safetensors");
    const auto after = read_safetensors(folder / "back.safetensors");
    for (const auto& [name, tensor] : before) {
      if (is_leftover(name) || (family == "sd2" && only_in_files_of_sd2(name))) {
        EXPECT_FALSE(after.contains(name)) << name;
        continue;
      }
      ASSERT_TRUE(after.contains(name)) << name;
      EXPECT_EQ(after.at(name).scalar_type(), tensor.scalar_type()) << name;
      EXPECT_TRUE(after.at(name).equal(tensor)) << name;
    }
    for (const auto& [name, tensor] : after) EXPECT_TRUE(before.contains(name)) << name;
  }
}

TEST(Convert, AFolderComesBackBitForBit) {
  for (const std::string& family : kWholeFamilies) {
    SCOPED_TRACE(family);
    const TemporaryFolder folder;
    const fs::path before = golden(family) / "diffusers", after = folder / "back/";
    convert(before, folder / "file.safetensors", kOriginal);
    convert(folder / "file.safetensors", after, kDiffusers);
    for (const auto& entry : fs::recursive_directory_iterator(before)) {
      if (entry.path().extension() == ".safetensors")
        expect_same_tensors(entry.path(), after / fs::relative(entry.path(), before));
    }
    const Checkpoint a = open_checkpoint(before), b = open_checkpoint(after);
    EXPECT_EQ(a.family, b.family);
    EXPECT_EQ(a.unet->config.to_json(), b.unet->config.to_json());
    EXPECT_EQ(a.vae->config.to_json(), b.vae->config.to_json());
    EXPECT_EQ(a.text_encoder.has_value(), b.text_encoder.has_value());
    EXPECT_EQ(a.prediction, b.prediction);
    EXPECT_EQ(a.force_zeros_for_empty_prompt, b.force_zeros_for_empty_prompt);
    EXPECT_FALSE(b.tokenizer);  // a file holds none
  }
}

TEST(Convert, TokenizersLicenceAndMetadataGoAlong) {
  const TemporaryFolder folder;
  fs::copy(golden("sdxl") / "diffusers", folder / "model", fs::copy_options::recursive);
  write_file_atomic(folder / "model" / "README.md", "---\nlicense: openrail++\n---\n");
  convert(folder / "model", folder / "copy", kDiffusers);
  const Checkpoint copy = open_checkpoint(folder / "copy");
  EXPECT_EQ(copy.licence, "openrail++");
  EXPECT_EQ(read_text_file(*copy.tokenizer_2 / "special_tokens_map.json"),
            read_text_file(golden("sdxl") / "diffusers/tokenizer_2/special_tokens_map.json"));
  convert(folder / "copy", folder / "file.safetensors", kOriginal);
  Checkpoint file = open_checkpoint(folder / "file.safetensors");
  EXPECT_EQ(file.licence, "openrail++");
  file.metadata["modelspec.title"] = "A title";
  convert_checkpoint(file, folder / "again.safetensors", {.layout = kOriginal});
  EXPECT_EQ(open_checkpoint(folder / "again.safetensors").metadata.at("modelspec.title"),
            "A title");
}

TEST(Convert, AnotherType) {
  const TemporaryFolder folder;
  const Checkpoint model = open_checkpoint(golden("sd1") / "original.safetensors");
  convert_checkpoint(
      model, folder / "bf16.safetensors", {.layout = kOriginal, .dtype = torch::kBFloat16});
  const auto before = read_safetensors(golden("sd1") / "original.safetensors");
  for (const auto& [name, tensor] : read_safetensors(folder / "bf16.safetensors"))
    EXPECT_TRUE(tensor.equal(before.at(name).to(torch::kBFloat16))) << name;
}

TEST(Convert, NetworksAlone) {
  const TemporaryFolder folder;
  convert(golden("sd1") / "diffusers/vae", folder / "vae.safetensors", kOriginal);
  EXPECT_TRUE(
      read_safetensors(folder / "vae.safetensors").contains("decoder.up.0.block.0.norm1.bias"));
  convert(folder / "vae.safetensors", folder / "vae", kDiffusers);
  expect_same_tensors(folder / "vae" / "diffusion_pytorch_model.safetensors",
                      golden("sd1") / "diffusers/vae/diffusion_pytorch_model.safetensors");

  convert(golden("lcm") / "diffusers", folder / "lcm.safetensors", kOriginal);
  const Checkpoint lcm = open_checkpoint(folder / "lcm.safetensors");
  EXPECT_EQ(lcm.unet->config.time_cond_proj_dim, 16);
  EXPECT_EQ(lcm.scheduler["_class_name"], "LCMScheduler");

  convert(golden("taesd") / "taesd_encoder.safetensors", folder / "taesd", kDiffusers);
  expect_same_tensors(folder / "taesd" / "diffusion_pytorch_model.safetensors",
                      golden("taesd") / "diffusers/diffusion_pytorch_model.safetensors");
  expect_error(
      ErrorKind::kUnsupported,
      [&] { convert(golden("taesd") / "diffusers", folder / "t.safetensors", kOriginal); },
      "tiny autoencoder",
      "diffusers layout");
}

TEST(Convert, ThePredictionThatWasAskedForIsWritten) {
  const TemporaryFolder folder;
  const Checkpoint model =
      open_checkpoint(golden("sd2") / "original.safetensors", {.prediction = Prediction::kEpsilon});
  convert_checkpoint(model, folder / "eps", {.layout = kDiffusers});
  EXPECT_EQ(open_checkpoint(folder / "eps").prediction, Prediction::kEpsilon);
}

TEST(Convert, RefusesWhatIsNotWholeAndLeavesNothing) {
  const TemporaryFolder folder;
  std::vector<NamedTensor> tensors;
  std::map<std::string, std::string> metadata;
  for (auto& [name, tensor] : read_safetensors(golden("sd1") / "original.safetensors", &metadata))
    if (name != "first_stage_model.quant_conv.bias") tensors.emplace_back(name, tensor);
  tensors.emplace_back("first_stage_model.quant_conv.more", torch::zeros({1}));
  weights::write_safetensors(folder / "damaged.safetensors", tensors, metadata);
  for (const Naming layout : {kOriginal, kDiffusers}) {
    expect_error(
        ErrorKind::kCorrupt,
        [&] { convert(folder / "damaged.safetensors", folder / "out", layout); },
        "1 missing: 'quant_conv.bias'",
        "1 unexpected: 'quant_conv.more'");
  }

  tensors.back() = {"first_stage_model.quant_conv.bias", torch::full({8}, 1e6)};
  weights::write_safetensors(folder / "large.safetensors", tensors, metadata);
  for (const Naming layout : {kOriginal, kDiffusers}) {
    expect_error(
        ErrorKind::kInvalidInput,
        [&] {
          convert_checkpoint(open_checkpoint(folder / "large.safetensors"),
                             folder / "out",
                             {.layout = layout, .dtype = torch::kHalf});
        },
        "beyond 65504");
  }

  fs::create_directory(folder / "there");
  expect_error(
      ErrorKind::kInvalidInput,
      [&] { convert(golden("sd1") / "diffusers", folder / "there", kDiffusers); },
      "exists already");
  expect_error(
      ErrorKind::kIo,
      [&] { convert(golden("sd1") / "diffusers", folder / "no/where", kDiffusers); },
      "No such file");
  std::vector<std::string> left;
  for (const auto& entry : fs::directory_iterator(folder.path()))
    left.push_back(entry.path().filename().string());
  EXPECT_THAT(left,
              testing::UnorderedElementsAre("damaged.safetensors", "large.safetensors", "there"));
}

}  // namespace
}  // namespace lienzo::checkpoints
