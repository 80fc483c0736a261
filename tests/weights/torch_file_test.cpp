#include "lienzo/weights/torch_file.h"

#include <gtest/gtest.h>
#include <torch/types.h>

#include <cstdlib>
#include <optional>

#include "../base/expect_error.h"
#include "golden.h"
#include "hand_made.h"
#include "temporary_folder.h"

namespace lienzo::weights {
namespace {

namespace fs = std::filesystem;

torch::Tensor numbers() { return torch::arange(-2, 4).reshape({2, 3}); }

class EitherFormat : public testing::TestWithParam<const char*> {
 protected:
  TorchFile file_ = TorchFile::open(golden(GetParam()));
};

INSTANTIATE_TEST_SUITE_P(All,
                         EitherFormat,
                         testing::Values("torch_zip.pth", "torch_legacy.pth"),
                         [](const testing::TestParamInfo<const char*>& test) {
                           return std::string(test.param).substr(6, 3) == "zip" ? "Zip" : "Legacy";
                         });

TEST_P(EitherFormat, HoldsEveryType) {
  const std::pair<const char*, torch::ScalarType> kTypes[] = {{"float64", torch::kFloat64},
                                                              {"float32", torch::kFloat32},
                                                              {"float16", torch::kFloat16},
                                                              {"bfloat16", torch::kBFloat16},
                                                              {"int64", torch::kInt64},
                                                              {"int32", torch::kInt32},
                                                              {"int16", torch::kInt16},
                                                              {"int8", torch::kInt8}};
  for (const auto& [name, type] : kTypes)
    EXPECT_TRUE(same(file_.read(name), numbers().to(type))) << name;
  EXPECT_TRUE(same(file_.read("uint8"), torch::arange(6).reshape({2, 3}).to(torch::kUInt8)));
  EXPECT_TRUE(same(file_.read("bool"), torch::arange(6).reshape({2, 3}).remainder(2).eq(1)));
  EXPECT_TRUE(same(file_.read("single"), torch::tensor(0.1F)));
  EXPECT_TRUE(same(file_.read("empty"), torch::zeros({0, 3})));
  EXPECT_TRUE(same(file_.read("números.日"), torch::tensor({1.5F})));
  EXPECT_TRUE(same(file_.read("parameter"), torch::tensor({2.5F, -2.5F})));
  EXPECT_FALSE(file_.read("parameter").requires_grad());
  EXPECT_EQ(file_.index().size(), 23u);
}

TEST_P(EitherFormat, PutsNumbersInOrder) {
  const torch::Tensor fused = torch::arange(12, torch::kFloat32).reshape({4, 3});
  EXPECT_TRUE(same(file_.read("transposed"), numbers().to(torch::kFloat32).t()));
  EXPECT_TRUE(
      same(file_.read("channels_last"), torch::arange(24, torch::kFloat32).reshape({1, 2, 3, 4})));
  EXPECT_TRUE(same(file_.read("part.0"), fused.slice(0, 0, 2)));
  EXPECT_TRUE(same(file_.read("part.1"), fused.slice(0, 2, 4)));
  EXPECT_TRUE(same(file_.read("tied"), fused.slice(0, 0, 2)));
  EXPECT_TRUE(same(file_.read("column"), fused.select(1, 1)));
  EXPECT_TRUE(same(file_.read("odd"), torch::tensor({true, false, true})));
  EXPECT_TRUE(same(file_.read("position_ids"), torch::arange(5).unsqueeze(0)));
  for (const TensorInfo& info : file_.index().tensors()) {
    if (info.name != "complex") {
      EXPECT_TRUE(file_.read(info.name).is_contiguous()) << info.name;
    }
  }
}

TEST_P(EitherFormat, ListsTypesItCannotRead) {
  EXPECT_EQ(file_.index().find("complex")->dtype, DType::kC64);
  expect_error(
      ErrorKind::kUnsupported, [&] { file_.read("complex"); }, "C64");
}

TEST(TorchFile, SharesTheMappedMemory) {
  const TorchFile file = TorchFile::open(golden("torch_zip.pth"));
  EXPECT_EQ(file.read("float32").data_ptr(), file.read("float32").data_ptr());
  EXPECT_EQ(file.read("tied").data_ptr(), file.read("part.0").data_ptr());
  EXPECT_NE(file.read("transposed").data_ptr(), file.read("transposed").data_ptr());
}

TEST(TorchFile, WritingToATensorLeavesTheFile) {
  const TemporaryFolder folder;
  fs::copy_file(golden("torch_zip.pth"), folder / "a.pth");
  TorchFile::open(folder / "a.pth").read("float32").zero_();
  EXPECT_TRUE(
      same(TorchFile::open(folder / "a.pth").read("float32"), numbers().to(torch::kFloat32)));
}

TEST(TorchFile, PassesOverWhatATrainingProgramLeaves) {
  const TorchFile file = TorchFile::open(golden("lightning.ckpt"));
  ASSERT_EQ(file.index().size(), 2u);
  EXPECT_TRUE(same(file.read("model.diffusion_model.out.2.weight"),
                   torch::arange(6, torch::kFloat16).reshape({2, 3})));
  EXPECT_TRUE(same(file.read("alphas_cumprod"), torch::tensor({0.5F, 0.25F})));
  EXPECT_EQ(file.index().metadata(),
            (std::map<std::string, std::string>{{"epoch", "12"},
                                                {"global_step", "470000"},
                                                {"pytorch-lightning_version", "1.4.2"},
                                                {"lr", "1e-04"},
                                                {"finished", "true"}}));
  EXPECT_EQ(file.where(), "lightning.ckpt");
}

TEST(TorchFile, RefusesAPickledModule) {
  expect_error(
      ErrorKind::kUnsupported,
      [] { TorchFile::open(golden("whole_module.pth")); },
      "whole_module.pth",
      "'torch.nn.modules.linear.Linear'",
      "nothing of it was run");
}

TEST(TorchFile, AnyByteButZeroIsTrue) {
  using namespace hand_made;
  const TemporaryFolder folder;
  const Storage storage{.type = "BoolStorage", .elements = 4};
  write_file_atomic(folder / "a",
                    torch_zip(dict(text("row") + tensor({4}, {1}, 0, storage) + text("column") +
                                   tensor({2}, {2}, 0, storage)),
                              std::string("\x00\xff\x01\x02", 4))
                        .bytes);
  const TorchFile file = TorchFile::open(folder / "a");
  EXPECT_TRUE(same(file.read("row"), torch::tensor({false, true, true, true})));
  EXPECT_EQ(file.read("row").to(torch::kUInt8).sum().item<int64_t>(), 3);
  EXPECT_TRUE(same(file.read("column"), torch::tensor({false, true})));
}

/// The folder of public files that tests may use, where there is one.
std::optional<fs::path> public_files() {
  const char* named = std::getenv("LIENZO_TEST_FILES");
  const fs::path folder = named ? named : fs::path(LIENZO_SOURCE_DIR) / ".." / "shared" / "data";
  return fs::exists(folder) ? std::optional(folder) : std::nullopt;
}

TEST(TorchFile, ReadsPublishedFiles) {
  const std::optional<fs::path> folder = public_files();
  if (!folder || !fs::exists(*folder / "taesd")) {
    GTEST_SKIP() << "needs the .pth files of github.com/madebyollin/taesd in taesd/ of the folder "
                    "that LIENZO_TEST_FILES names";
  }
  const std::pair<const char*, size_t> kFiles[] = {
      {"taef2_decoder.pth", 79}, {"taef2_encoder.pth", 79}, {"taesana_encoder.pth", 69}};
  for (const auto& [name, count] : kFiles) {
    const TorchFile file = TorchFile::open(*folder / "taesd" / name);
    EXPECT_EQ(file.index().size(), count) << name;
    for (const TensorInfo& info : file.index().tensors()) {
      const torch::Tensor tensor = file.read(info.name).to(torch::kFloat32);
      EXPECT_TRUE(tensor.isfinite().all().item<bool>()) << info.name;
      EXPECT_LT(tensor.abs().max().item<float>(), 100) << info.name;
    }
  }
}

}  // namespace
}  // namespace lienzo::weights
