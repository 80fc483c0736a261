// Pictures with LoRAs against diffusers (tools/golden/loras.py), and what records say of them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <torch/types.h>

#include <cmath>

#include "lienzo/base/error.h"
#include "lienzo/base/hash.h"
#include "lienzo/pipelines/stable_diffusion/stable_diffusion.h"
#include "lienzo/weights/safetensors.h"

namespace lienzo::pipelines {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

const fs::path kTiny = LIENZO_TEST_DATA "/golden/stable_diffusion";
const fs::path kLoras = LIENZO_TEST_DATA "/golden/loras";

fs::path lora_file(const std::string& name) { return kLoras / (name + ".safetensors"); }

struct LoraAnswers {
  std::map<std::string, std::string> metadata;
  std::map<std::string, torch::Tensor> tensors =
      weights::read_safetensors(kLoras / "answers.safetensors", &metadata);
};
const LoraAnswers& lora_answers() {
  static const LoraAnswers all;
  return all;
}

StableDiffusion load_with(const std::string& family, std::vector<LoraChoice> loras) {
  return StableDiffusion::load(kTiny / family / "diffusers",
                               {.loras = std::move(loras), .dtype = "fp32", .device = "cpu"});
}

double signal_to_noise(const image::Image& made, const torch::Tensor& expected) {
  const torch::Tensor pixels = expected.contiguous();
  EXPECT_EQ(made.pixels.size(), static_cast<size_t>(pixels.numel()));
  double sum = 0;
  for (size_t i = 0; i < made.pixels.size(); ++i)
    sum += std::pow(made.pixels[i] - pixels.data_ptr<uint8_t>()[i], 2);
  return sum == 0 ? 100
                  : 10 * std::log10(255.0 * 255 * static_cast<double>(made.pixels.size()) / sum);
}

TEST(LoraPictures, AreThoseOfDiffusers) {
  for (const std::string family : {"sd1", "sdxl"}) {
    const Json asked = Json::parse(lora_answers().metadata.at("picture." + family));
    std::vector<LoraChoice> loras;
    for (const auto& [name, weights] : asked["loras"].items())
      loras.push_back({name, lora_file(name), weights[0], weights[1]});
    StableDiffusion model = load_with(family, loras);
    StableDiffusionRequest request;
    request.syntax = text::PromptSyntax::kPlain;
    request.prompt = lora_answers().metadata.at("prompt");
    request.negative_prompt = lora_answers().metadata.at("negative");
    request.seed = asked["seed"];
    request.sampling.steps = asked["num_inference_steps"];
    request.guidance = asked["guidance_scale"];
    request.width = asked["width"];
    request.height = asked["height"];
    const torch::Tensor& expected = lora_answers().tensors.at("picture." + family);
    const image::Image with = model.generate(request).front().image;
    EXPECT_GE(signal_to_noise(with, expected), 55) << family;
    EXPECT_LE(signal_to_noise(load_with(family, {}).generate(request).front().image, expected), 40)
        << family << " without";
    EXPECT_EQ(load_with(family, loras).generate(request).front().image, with) << "again";
  }
}

StableDiffusionRequest small(const std::string& prompt) {
  StableDiffusionRequest request;
  request.prompt = prompt;
  request.width = request.height = 64;
  request.sampling.steps = 1;
  return request;
}

TEST(LoraPictures, TagsAreNoWords) {
  StableDiffusion model = load_with("sd1", {{"a", lora_file("sd1_kohya"), 0.5, 0.5}});
  const auto tagged = model.generate(small("a <lora:a:0.5>cat")).front();
  EXPECT_EQ(tagged.image, model.generate(small("a cat")).front().image);
  EXPECT_EQ(tagged.record.prompt, "a <lora:a:0.5>cat");
  EXPECT_EQ(model.count_tokens("a <lora:a:0.5>cat", text::PromptSyntax::kAutomatic1111), 2);
  StableDiffusionRequest plain = small("a <lora:a:0.5>cat");
  plain.syntax = text::PromptSyntax::kPlain;
  EXPECT_NE(model.generate(plain).front().image, tagged.image);
  try {
    model.generate(small("<lora:b> cat"));
    ADD_FAILURE() << "drawn without its LoRA";
  } catch (const Error& problem) {
    EXPECT_EQ(problem.kind(), ErrorKind::kInvalidInput);
    EXPECT_THAT(problem.what(), HasSubstr("'b', which the model was loaded without"));
  }
}

TEST(LoraPictures, RecordsNameThem) {
  StableDiffusion model = load_with(
      "sd1",
      {{"a:b, c", lora_file("sd1_kohya"), 0.5, 0.25}, {"tagged", lora_file("sd1_locon"), 1, 1}});
  const provenance::Record record = model.generate(small("cat <lora:tagged>")).front().record;
  const std::string sha256 = sha256_file(lora_file("sd1_kohya"));
  EXPECT_EQ(record.extra["loras"][0],
            (Json{{"name", "a:b, c"}, {"weight", 0.5}, {"text_weight", 0.25}, {"sha256", sha256}}));
  EXPECT_EQ(record.extra["loras"][1]["name"], "tagged");
  const std::string text = provenance::to_parameters(record);
  EXPECT_THAT(text,
              AllOf(HasSubstr("cat <lora:tagged> <lora:a:b, c:0.25:0.5>\n"),
                    HasSubstr(", Lora hashes: \"ab c: "),
                    HasSubstr(", tagged: "),
                    Not(HasSubstr("sha256"))));

  const auto ours = recorded_loras(provenance::record_from_json(to_json(record), "test"));
  ASSERT_EQ(ours.size(), 2u);
  EXPECT_EQ(ours[0].lora, (text::LoraTag{"a:b, c", 0.25, 0.5}));
  EXPECT_FALSE(ours[0].in_prompt);
  EXPECT_TRUE(ours[1].in_prompt);
  EXPECT_NO_THROW(check_recorded(ours[0], lora_file("sd1_kohya"), {}));
  try {
    check_recorded(ours[0], lora_file("sd1_peft"), {});
    ADD_FAILURE() << "another file is taken";
  } catch (const Error& problem) {
    EXPECT_EQ(problem.kind(), ErrorKind::kInvalidInput);
    EXPECT_THAT(problem.what(),
                AllOf(HasSubstr("sd1_peft.safetensors is another file than the 'a:b, c'"),
                      HasSubstr(sha256.substr(0, 12))));
  }
}

TEST(LoraPictures, RecordsOfAutomatic1111AreUnderstood) {
  const auto theirs = recorded_loras(provenance::record_from_parameters(
      "a cat <lora:x y:0.5:0.25> <lora:z>\nNegative prompt: <lora:not this:1>\nSteps: 20, Sampler: "
      "Euler, CFG scale: 7, Seed: 1, Size: 64x64, Lora hashes: \"x y: 0123456789ab, other: 11\"",
      "test"));
  ASSERT_EQ(theirs.size(), 2u);
  EXPECT_EQ(theirs[0].lora, (text::LoraTag{"x y", 0.5, 0.25}));
  EXPECT_TRUE(theirs[0].in_prompt);
  EXPECT_EQ(theirs[0].webui_sum, "0123456789ab");
  EXPECT_EQ(theirs[1].webui_sum, "");
  EXPECT_THROW(check_recorded(theirs[0], lora_file("sd1_kohya"), {}), Error);
  EXPECT_NO_THROW(check_recorded(theirs[1], lora_file("sd1_kohya"), {}));
}

}  // namespace
}  // namespace lienzo::pipelines
