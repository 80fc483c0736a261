#include "lienzo/checkpoints/part_files.h"

#include <gtest/gtest.h>
#include <torch/types.h>

#include "../base/expect_error.h"
#include "../weights/temporary_folder.h"
#include "lienzo/base/file.h"
#include "lienzo/weights/safetensors.h"

namespace lienzo::checkpoints {
namespace {

// A folder with config.json and weights whose one number tells which file was opened.
class PartFolder {
 public:
  PartFolder() { write_file_atomic(folder_ / "config.json", R"({"width": 3})"); }
  void add(const std::string& name, float number, const std::string& tensor = "a") {
    weights::write_safetensors(folder_ / name, {{tensor, torch::tensor({number})}});
  }
  void add_text(const std::string& name, const std::string& text) {
    write_file_atomic(folder_ / name, text);
  }
  PartFiles open(const std::string& variant = "") const {
    return open_part_folder(folder_.path(), variant, "test");
  }
  float opened(const std::string& variant = "") const {
    return open(variant).tensors->read("a").item<float>();
  }

 private:
  weights::TemporaryFolder folder_;
};

TEST(PartFiles, PlainFileAndVariants) {
  PartFolder folder;
  folder.add("diffusion_pytorch_model.safetensors", 1);
  folder.add("diffusion_pytorch_model.fp16.safetensors", 2);
  folder.add("diffusion_pytorch_model.non_ema.safetensors", 3);
  EXPECT_EQ(folder.opened(), 1);
  EXPECT_EQ(folder.opened("fp16"), 2);
  EXPECT_EQ(folder.opened("non_ema"), 3);
  EXPECT_EQ(folder.open().config["width"], 3);
  expect_error(
      ErrorKind::kNotFound,
      [&] { folder.opened("bf16"); },
      "no weights of variant 'bf16'",
      "no variant, 'fp16', 'non_ema'");
}

TEST(PartFiles, TheOnlyVariantNeedNotBeNamed) {
  PartFolder folder;
  folder.add("model.fp16.safetensors", 2);
  EXPECT_EQ(folder.opened(), 2);
  folder.add("model.bf16.safetensors", 3);
  expect_error(
      ErrorKind::kNotFound, [&] { folder.opened(); }, "'bf16', 'fp16'");
}

TEST(PartFiles, TextEncodersAndOldFiles) {
  PartFolder folder;
  folder.add("pytorch_model.bin", 4);  // the content tells the format
  EXPECT_EQ(folder.opened(), 4);
  folder.add("model.safetensors", 5);
  EXPECT_EQ(folder.opened(), 5);
}

TEST(PartFiles, Shards) {
  for (const std::string index : {"diffusion_pytorch_model.safetensors.index.json",
                                  "diffusion_pytorch_model.safetensors.index.fp16.json",
                                  "diffusion_pytorch_model.fp16.safetensors.index.json"}) {
    PartFolder folder;
    folder.add("diffusion_pytorch_model.fp16-00001-of-00002.safetensors", 6);
    folder.add("diffusion_pytorch_model-00002-of-00002.safetensors", 7, "b");
    folder.add_text(index,
                    R"({"metadata": {"total_size": 8}, "weight_map": {
                         "a": "diffusion_pytorch_model.fp16-00001-of-00002.safetensors",
                         "b": "diffusion_pytorch_model-00002-of-00002.safetensors"}})");
    const std::string variant = index.find("fp16") == std::string::npos ? "" : "fp16";
    EXPECT_EQ(folder.opened(variant), 6) << index;
    EXPECT_EQ(folder.open(variant).tensors->read("b").item<float>(), 7);
  }
}

TEST(PartFiles, FoldersWithoutWeightsOrConfiguration) {
  PartFolder folder;
  expect_error(
      ErrorKind::kNotFound,
      [&] { folder.open(); },
      "[test]",
      "diffusion_pytorch_model or model",
      "there are no weights");
  folder.add("model.safetensors", 1);
  folder.add_text("config.json", "{");
  expect_error(
      ErrorKind::kCorrupt, [&] { folder.open(); }, "config.json");
}

}  // namespace
}  // namespace lienzo::checkpoints
