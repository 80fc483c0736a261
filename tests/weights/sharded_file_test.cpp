#include "lienzo/weights/sharded_file.h"

#include <gtest/gtest.h>
#include <torch/types.h>

#include "../base/expect_error.h"
#include "golden.h"
#include "lienzo/base/file.h"
#include "lienzo/weights/safetensors.h"
#include "temporary_folder.h"

namespace lienzo::weights {
namespace {

namespace fs = std::filesystem;

/// A model of two files and the index given.
class ShardedFileTest : public testing::Test {
 protected:
  void SetUp() override {
    write_safetensors(folder_ / "1.safetensors",
                      {{"a", torch::ones({2})}, {"b", torch::full({3}, 2.0F)}});
    write_safetensors(folder_ / "2.safetensors", {{"c", torch::full({1}, 3.0F)}});
  }

  fs::path index(const std::string& map) const {
    write_file_atomic(folder_ / "model.safetensors.index.json",
                      R"({"metadata":{"total_size":24},"weight_map":{)" + map + "}}");
    return folder_ / "model.safetensors.index.json";
  }

  TemporaryFolder folder_;
};

TEST_F(ShardedFileTest, ReadsFromAllFiles) {
  const ShardedFile file =
      ShardedFile::open(index(R"("c":"2.safetensors","a":"1.safetensors","b":"1.safetensors")"));
  EXPECT_EQ(file.index().size(), 3u);
  EXPECT_TRUE(same(file.read("a"), torch::ones({2})));
  EXPECT_TRUE(same(file.read("b"), torch::full({3}, 2.0F)));
  EXPECT_TRUE(same(file.read("c"), torch::full({1}, 3.0F)));
  EXPECT_EQ(file.index().metadata().at("total_size"), "24");
  EXPECT_EQ(file.where(), "model.safetensors.index.json");
  EXPECT_EQ(file.files(),
            (std::vector<fs::path>{folder_ / "1.safetensors", folder_ / "2.safetensors"}));
}

TEST_F(ShardedFileTest, FilesMayBeOfAnyFormat) {
  fs::copy_file(golden("lightning.ckpt"), folder_ / "3.bin");
  const ShardedFile file = ShardedFile::open(index(R"("c":"2.safetensors","alphas_cumprod":"3.bin",
               "model.diffusion_model.out.2.weight":"3.bin")"));
  EXPECT_TRUE(same(file.read("alphas_cumprod"), torch::tensor({0.5F, 0.25F})));
}

TEST_F(ShardedFileTest, NamesEveryMissingFile) {
  expect_error(
      ErrorKind::kNotFound,
      [&] {
        ShardedFile::open(index(R"("a":"1.safetensors","x":"4.safetensors","y":"3.safetensors")"));
      },
      "model.safetensors.index.json",
      "2 of its files missing: '3.safetensors', '4.safetensors'");
}

TEST_F(ShardedFileTest, NamesEveryTensorThatDisagrees) {
  expect_error(
      ErrorKind::kCorrupt,
      [&] {
        ShardedFile::open(index(R"("a":"1.safetensors","x":"1.safetensors","b":"2.safetensors")"));
      },
      "2 missing: 'b' in '2.safetensors', 'x' in '1.safetensors'",
      "2 not listed: 'b' in '1.safetensors', 'c' in '2.safetensors'");
}

TEST_F(ShardedFileTest, ATensorMayNotLieInTwoFiles) {
  write_safetensors(folder_ / "2.safetensors", {{"a", torch::zeros({2})}});
  expect_error(
      ErrorKind::kCorrupt,
      [&] {
        ShardedFile::open(index(R"("a":"1.safetensors","b":"1.safetensors")"));
        ShardedFile::open(index(R"("a":"1.safetensors","b":"1.safetensors","c":"2.safetensors")"));
      },
      "1 not listed: 'a' in '2.safetensors'");
}

TEST_F(ShardedFileTest, AnIndexMayNotNameAnIndex) {
  const fs::path path = index(R"("a":"model.safetensors.index.json")");
  expect_error(
      ErrorKind::kCorrupt, [&] { ShardedFile::open(path); }, "is no weight file");
}

TEST_F(ShardedFileTest, SaysWhichFileIsBroken) {
  write_file_atomic(folder_ / "2.safetensors", "short");
  expect_error(
      ErrorKind::kCorrupt,
      [&] { ShardedFile::open(index(R"("c":"2.safetensors")")); },
      "2.safetensors");
}

}  // namespace
}  // namespace lienzo::weights
