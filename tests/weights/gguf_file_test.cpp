#include "lienzo/weights/gguf_file.h"

#include <gtest/gtest.h>
#include <torch/types.h>
#include <torch/utils.h>

#include "golden.h"
#include "hand_made_gguf.h"
#include "lienzo/base/file.h"
#include "temporary_folder.h"

namespace lienzo::weights {
namespace {

TEST(GgufFile, DequantisesAsTheReferenceDoesBitForBit) {
  const GgufFile file = GgufFile::open(golden("types.gguf"));
  const std::pair<const char*, DType> kTypes[] = {{"q8_0", DType::kQ80},
                                                  {"q4_0", DType::kQ40},
                                                  {"q4_1", DType::kQ41},
                                                  {"q5_0", DType::kQ50},
                                                  {"q5_1", DType::kQ51},
                                                  {"q4_k", DType::kQ4K},
                                                  {"q5_k", DType::kQ5K},
                                                  {"q6_k", DType::kQ6K}};
  for (const auto& [name, dtype] : kTypes) {
    const TensorInfo* info = file.index().find(name);
    ASSERT_NE(info, nullptr) << name;
    EXPECT_EQ(info->dtype, dtype);
    EXPECT_EQ(info->shape, (std::vector<int64_t>{2, 256}));
    EXPECT_TRUE(same(file.read(name), file.read(std::string(name) + ".expected"))) << name;
  }
}

TEST(GgufFile, ReadsPlainTypes) {
  const GgufFile file = GgufFile::open(golden("types.gguf"));
  const torch::Tensor numbers = torch::arange(-2, 4).reshape({2, 3});
  const std::pair<const char*, torch::ScalarType> kTypes[] = {{"plain.f8", torch::kFloat64},
                                                              {"plain.f4", torch::kFloat32},
                                                              {"plain.f2", torch::kFloat16},
                                                              {"plain.bf16", torch::kBFloat16},
                                                              {"plain.i8", torch::kInt64},
                                                              {"plain.i4", torch::kInt32},
                                                              {"plain.i2", torch::kInt16},
                                                              {"plain.i1", torch::kInt8}};
  for (const auto& [name, type] : kTypes)
    EXPECT_TRUE(same(file.read(name), numbers.to(type))) << name;
  EXPECT_EQ(file.read("plain.f4").data_ptr(), file.read("plain.f4").data_ptr());  // not copied
}

TEST(GgufFile, RestoresTheShapeOfAConvolution) {
  const GgufFile file = GgufFile::open(golden("types.gguf"));
  EXPECT_EQ(file.read("conv").sizes(), (std::vector<int64_t>{8, 16, 2, 2}));
}

TEST(GgufFile, ShowsItsValues) {
  const GgufFile file = GgufFile::open(golden("types.gguf"));
  const auto& metadata = file.index().metadata();
  EXPECT_EQ(metadata.at("general.architecture"), "sd1");
  EXPECT_EQ(metadata.at("general.name"), "tipos ámbar");
  EXPECT_EQ(metadata.at("test.number"), "0.5");
  EXPECT_EQ(metadata.at("test.truth"), "true");
  EXPECT_EQ(metadata.at("test.list"), "[1, -2, 3]");
  EXPECT_EQ(metadata.at("test.words"), "(list of 2)");
  EXPECT_EQ(metadata.at("test.long"), "(list of 100)");
  EXPECT_EQ(file.where(), "types.gguf");
}

TEST(GgufFile, IsTheSameForAnyNumberOfThreads) {
  // Enough blocks for several threads; each has the scale 1 and numbers of its own.
  constexpr int64_t kBlocks = 5000;
  std::string blocks;
  for (int64_t i = 0; i < kBlocks; ++i)
    blocks += hand_made::le(0x3c00, 2) + std::string(32, static_cast<char>(i % 128));
  const TemporaryFolder folder;
  write_file_atomic(
      folder / "a",
      hand_made::gguf({.tensors = {hand_made::entry("a", {32 * kBlocks}, 8)}}) + blocks);
  const torch::Tensor expected =
      torch::arange(kBlocks).remainder(128).to(torch::kFloat32).repeat_interleave(32);
  const int before = torch::get_num_threads();
  for (const int threads : {1, 3}) {
    torch::set_num_threads(threads);
    EXPECT_TRUE(same(GgufFile::open(folder / "a").read("a"), expected)) << threads;
  }
  torch::set_num_threads(before);
}

}  // namespace
}  // namespace lienzo::weights
