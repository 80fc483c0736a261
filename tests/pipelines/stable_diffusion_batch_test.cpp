// What a picture does not depend on, and what models are measured with.
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

#include "lienzo/base/error.h"
#include "lienzo/base/file.h"
#include "lienzo/base/json.h"
#include "lienzo/base/mapping_guard.h"
#include "lienzo/checkpoints/checkpoint.h"
#include "lienzo/nn/layer_in_place.h"
#include "lienzo/pipelines/stable_diffusion/hollow_model.h"
#include "lienzo/pipelines/stable_diffusion/memory.h"
#include "lienzo/pipelines/stable_diffusion/stable_diffusion.h"
#include "lienzo/weights/safetensors.h"

namespace lienzo::pipelines {
namespace {

namespace fs = std::filesystem;

TEST(StableDiffusionBatch, APictureIsTheSameAloneAndAmongOthers) {
  for (const char* family : {"sd1", "sdxl"}) {
    auto model = StableDiffusion::load(
        fs::path(LIENZO_TEST_DATA "/golden/stable_diffusion") / family / "diffusers",
        {.dtype = "fp32", .device = "cpu"});
    StableDiffusionRequest request;
    request.prompt = "a red (cube:1.2) on a sphere";
    request.negative_prompt = "a dog";
    request.width = 96;
    request.height = 64;
    request.seed = 5;
    request.sampling.sampler = "euler_ancestral";
    request.sampling.steps = 3;
    request.count = 3;
    request.batch = 3;
    const auto together = model.generate(request);
    ASSERT_EQ(together.size(), 3);
    request.count = request.batch = 1;
    for (const StableDiffusionPicture& picture : together) {
      EXPECT_EQ(model.generate(request).front().image, picture.image) << family << request.seed;
      ++request.seed;
    }
    EXPECT_NE(together[0].image, together[1].image);
  }
}

// "Clip skip 2" is what XL and SD 2 do by themselves.
TEST(StableDiffusionClipSkip, CountsFromTheVeryEnd) {
  for (const char* family : {"sd1", "sd2", "sdxl"}) {
    auto model = StableDiffusion::load(
        fs::path(LIENZO_TEST_DATA "/golden/stable_diffusion") / family / "diffusers",
        {.dtype = "fp32", .device = "cpu"});
    StableDiffusionRequest request;
    request.prompt = "a red cube";
    request.width = request.height = 64;
    request.sampling.sampler = "euler";
    request.sampling.steps = 2;
    const image::Image all = model.generate(request).front().image;
    request.clip_skip = 1;
    EXPECT_EQ(model.generate(request).front().image == all, family != std::string("sd1")) << family;
  }
}

class StableDiffusionFiles : public testing::Test {
 protected:
  StableDiffusionFiles() {
    fs::remove_all(folder_);
    fs::copy(fs::path(LIENZO_TEST_DATA "/golden/stable_diffusion/sd1/diffusers"),
             folder_,
             fs::copy_options::recursive);
  }
  ~StableDiffusionFiles() override { fs::remove_all(folder_); }

  StableDiffusion load() const {
    return StableDiffusion::load(folder_, {.dtype = "fp32", .device = "cpu"});
  }
  // The U-Net's weights in two files with an index beside them.
  void split_unet() const {
    Json index;
    std::vector<weights::NamedTensor> halves[2];
    for (const auto& [name, tensor] : weights::read_safetensors(unet_)) {
      const size_t half = halves[0].size() > halves[1].size() ? 1 : 0;
      halves[half].emplace_back(name, tensor);
      index["weight_map"][name] = shard(half).filename().string();
    }
    for (size_t half = 0; half < 2; ++half) weights::write_safetensors(shard(half), halves[half]);
    fs::remove(unet_);
    write_file_atomic(folder_ / "unet" / "diffusion_pytorch_model.safetensors.index.json",
                      index.dump());
  }
  fs::path shard(size_t half) const {
    return folder_ / "unet" /
           (half == 0 ? "diffusion_pytorch_model-00001-of-00002.safetensors"
                      : "diffusion_pytorch_model-00002-of-00002.safetensors");
  }
  // A model that draws, and no more once `file` was cut short while it did.
  static void expect_refusal_once_cut(StableDiffusion model, const fs::path& file) {
    if (!nn::prepares_in_place(torch::kFloat)) GTEST_SKIP() << "this processor has other kernels";
    survive_cut_files();
    StableDiffusionRequest request;
    request.prompt = "a cube";
    request.width = request.height = 64;
    request.sampling.steps = 2;
    EXPECT_EQ(model.generate(request).size(), 1);
    int pictures = 0;
    StableDiffusionHooks hooks;
    hooks.on_picture = [&](const StableDiffusionPicture&) { ++pictures; };
    hooks.progress = [&](const Progress&) { fs::resize_file(file, 4096); };
    for (int again = 0; again < 2; ++again) {
      try {
        model.generate(request, hooks);
        ADD_FAILURE() << "expected an error";
      } catch (const Error& error) {
        EXPECT_EQ(error.kind(), ErrorKind::kIo);
        EXPECT_NE(std::string(error.what()).find("load it again"), std::string::npos);
      }
    }
    EXPECT_EQ(pictures, 0);
  }

  const fs::path folder_ = fs::path(testing::TempDir()) / "lienzo_model_files";
  const fs::path unet_ = folder_ / "unet" / "diffusion_pytorch_model.safetensors";
};

// Where weights stay in their file, they are read at every step.
TEST_F(StableDiffusionFiles, AModelThatSomebodyWritesIntoDrawsNothing) {
  expect_refusal_once_cut(load(), unet_);
}

TEST_F(StableDiffusionFiles, AndSoDoesOneInSeveralFiles) {
  split_unet();
  expect_refusal_once_cut(load(), shard(1));
}

TEST_F(StableDiffusionFiles, TheHashIsOfAllFilesThatHoldWeights) {
  const std::string whole = load().hash();
  split_unet();
  const std::string split = load().hash();
  EXPECT_NE(split, whole);
  EXPECT_EQ(split, load().hash());
  // Another model of the same names: the index of its files is the same.
  auto tensors = weights::read_safetensors(shard(1));
  tensors.begin()->second = tensors.begin()->second + 1;
  weights::write_safetensors(shard(1), {tensors.begin(), tensors.end()});
  EXPECT_NE(split, load().hash());
}

// What a pass was measured to take beside the weights (docs/performance.md), MB.
TEST(MemoryEstimate, IsAtLeastWhatWasMeasuredAndLittleMore) {
  const auto near = [](uint64_t bytes, double measured) {
    const double said = static_cast<double>(bytes) * 1e-6;
    EXPECT_GE(said, measured);
    EXPECT_LE(said, std::max(1.25 * measured, measured + 50));
  };
  struct Measured {
    int64_t side;
    double one_row, two_rows, decoding;
  };
  for (const Measured& m : {Measured{256, 62.4, 124.7, 231.6},
                            Measured{384, 154.0, 215.9, 367.1},
                            Measured{512, 185.2, 293.2, 501.9}}) {
    near(unet_pass_bytes(sd15_unet(), 1, m.side / 8, m.side / 8, 4), m.one_row);
    near(unet_pass_bytes(sd15_unet(), 2, m.side / 8, m.side / 8, 4), m.two_rows);
    near(autoencoder_bytes(sd15_autoencoder(), m.side, m.side, 4), m.decoding);
  }
  EXPECT_LT(unet_pass_bytes(sd15_unet(), 2, 64, 64, 2), unet_pass_bytes(sd15_unet(), 2, 64, 64, 4));
  EXPECT_LT(unet_pass_bytes(sd15_unet(), 2, 64, 64, 4), unet_pass_bytes(sd15_unet(), 2, 64, 72, 4));
  EXPECT_LT(autoencoder_bytes(sd15_autoencoder(), 512, 512, 4),
            autoencoder_bytes(sd15_autoencoder(), 512, 576, 4));
}

TEST(HollowModel, IsAWholeStableDiffusionThatTakesNoRoom) {
  const fs::path folder = fs::path(testing::TempDir()) / "lienzo_hollow_model";
  fs::remove_all(folder);
  fs::create_directories(folder);
  write_hollow_sd15(folder);
  const checkpoints::Checkpoint model = checkpoints::open_checkpoint(folder);
  EXPECT_NO_THROW(checkpoints::require_complete(model));
  EXPECT_EQ(model.family, checkpoints::Family::kSd1);
  EXPECT_TRUE(model.tokenizer);
  int64_t numbers = 0;
  const auto add = [&](const auto& network) {
    for (const auto& tensor : network->tensors->index().tensors())
      numbers += tensor.element_count();
  };
  add(model.unet);
  add(model.vae);
  add(model.text_encoder);
  EXPECT_EQ(numbers, 1'066'235'307);
  int64_t on_disk = 0;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    struct stat info {};
    if (::stat(entry.path().c_str(), &info) == 0) on_disk += info.st_blocks * 512;
  }
  EXPECT_LT(on_disk, 10'000'000);
  fs::remove_all(folder);
}

}  // namespace
}  // namespace lienzo::pipelines
