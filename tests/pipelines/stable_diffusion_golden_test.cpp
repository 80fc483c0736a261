// Whole pictures against diffusers: tools/golden/stable_diffusion_pictures.py.
#include <gtest/gtest.h>
#include <torch/types.h>

#include "lienzo/base/file.h"
#include "lienzo/pipelines/stable_diffusion/stable_diffusion.h"
#include "lienzo/weights/safetensors.h"

namespace lienzo::pipelines {
namespace {

namespace fs = std::filesystem;

const fs::path kGolden = LIENZO_TEST_DATA "/golden/stable_diffusion";

struct Golden {
  std::map<std::string, std::string> metadata;
  std::map<std::string, torch::Tensor> pictures =
      weights::read_safetensors(kGolden / "pictures.safetensors", &metadata);
};

const Golden& golden() {
  static const Golden all;
  return all;
}

image::Image to_image(const torch::Tensor& pixels) {
  image::Image image(static_cast<int>(pixels.size(1)),
                     static_cast<int>(pixels.size(0)),
                     pixels.dim() == 3 ? 3 : 1);
  const torch::Tensor whole = pixels.contiguous();
  std::copy_n(whole.data_ptr<uint8_t>(), image.pixels.size(), image.pixels.begin());
  return image;
}

double psnr(const image::Image& a, const image::Image& b) {
  EXPECT_EQ(a.width, b.width);
  EXPECT_EQ(a.height, b.height);
  double sum = 0;
  for (size_t i = 0; i < a.pixels.size(); ++i) sum += std::pow(a.pixels[i] - b.pixels[i], 2);
  return sum == 0 ? 100 : 10 * std::log10(255.0 * 255 * static_cast<double>(a.pixels.size()) / sum);
}

StableDiffusionRequest request_for(const std::string& name) {
  const Json asked = Json::parse(golden().metadata.at(name));
  StableDiffusionRequest request;
  request.syntax = text::PromptSyntax::kPlain;
  request.prompt = golden().metadata.at("prompt");
  if (asked.value("negative", false)) request.negative_prompt = golden().metadata.at("negative");
  request.seed = asked["seed"];
  request.sampling.steps = asked["steps"];
  request.guidance = asked["guidance"];
  request.guidance_rescale = asked.value("rescale", 0.0);
  request.clip_skip = asked.value("clip_skip", 0);
  if (asked["task"] == "text") {
    request.width = asked["width"];
    request.height = asked["height"];
    return request;
  }
  request.picture = to_image(golden().pictures.at("source"));
  request.sampling.strength = asked["strength"];
  if (asked["task"] == "mask") {
    request.inpaint = InpaintOptions{
        .mask = to_image(golden().pictures.at("source_mask")), .blur = 0, .keep_original = false};
  }
  return request;
}

StableDiffusion load(const fs::path& model, const std::string& dtype) {
  return StableDiffusion::load(model, {.dtype = dtype, .device = "cpu"});
}

// A folder that has the parts of a family and the scheduler that drew a picture.
fs::path model_of(const std::string& name) {
  const Json asked = Json::parse(golden().metadata.at(name));
  const fs::path family = kGolden / asked["family"].get<std::string>() / "diffusers";
  const fs::path folder = fs::path(testing::TempDir()) / ("lienzo_picture_" + name);
  fs::remove_all(folder);
  fs::create_directories(folder / "scheduler");
  for (const auto& part : fs::directory_iterator(family)) {
    if (part.path().filename() != "scheduler")
      fs::create_symlink(part.path(), folder / part.path().filename());
  }
  write_file_atomic(folder / "scheduler" / "scheduler_config.json",
                    asked["config"].get<std::string>());
  return folder;
}

class PictureGolden : public testing::TestWithParam<const char*> {};

TEST_P(PictureGolden, IsTheSameAsThatOfDiffusers) {
  const std::string name = GetParam();
  const fs::path model = model_of(name);
  const StableDiffusionRequest request = request_for(name);
  const image::Image expected = to_image(golden().pictures.at(name));
  const image::Image exact = load(model, "fp32").generate(request).front().image;
  EXPECT_GE(psnr(exact, expected), 55) << name;
  const image::Image half = load(model, "bf16").generate(request).front().image;
  EXPECT_GE(psnr(half, exact), 30) << name << " in bf16";
  fs::remove_all(model);
}

std::vector<const char*> names() {
  static const std::vector<std::string> all = [] {
    std::vector<std::string> found;
    for (const auto& [name, value] : golden().metadata) {
      if (value.starts_with("{")) found.push_back(name);
    }
    return found;
  }();
  std::vector<const char*> pointers;
  for (const std::string& name : all) pointers.push_back(name.c_str());
  return pointers;
}

INSTANTIATE_TEST_SUITE_P(Pictures, PictureGolden, testing::ValuesIn(names()), [](const auto& each) {
  std::string name = each.param;
  std::replace(name.begin(), name.end(), '.', '_');
  return name;
});

TEST(PictureGolden, ComesFromTheSingleFileToo) {
  StableDiffusionRequest request = request_for("sd1.text");
  auto folder = load(kGolden / "sd1" / "diffusers", "fp32");
  auto file = StableDiffusion::load(
      kGolden / "sd1" / "original.safetensors",
      {.tokenizer = kGolden / "sd1" / "diffusers" / "tokenizer", .dtype = "fp32", .device = "cpu"});
  EXPECT_EQ(file.generate(request).front().image, folder.generate(request).front().image);
}

}  // namespace
}  // namespace lienzo::pipelines
