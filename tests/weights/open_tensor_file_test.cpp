#include "lienzo/weights/open_tensor_file.h"

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

TEST(OpenTensorFile, TellsTheFormatByTheContent) {
  const TemporaryFolder folder;
  const std::pair<const char*, const char*> kFiles[] = {{"types.safetensors", "float32"},
                                                        {"torch_zip.pth", "float32"},
                                                        {"torch_legacy.pth", "float32"},
                                                        {"types.gguf", "plain.f4"}};
  for (const auto& [leaf, tensor] : kFiles) {
    const fs::path path = folder / "model.bin";
    fs::copy_file(golden(leaf), path, fs::copy_options::overwrite_existing);
    const auto file = open_tensor_file(path);
    EXPECT_TRUE(same(file->read(tensor), torch::arange(-2, 4, torch::kFloat32).reshape({2, 3})))
        << leaf;
    EXPECT_EQ(file->where(), "model.bin");
  }
}

TEST(OpenTensorFile, OpensAnIndex) {
  const TemporaryFolder folder;
  write_safetensors(folder / "1", {{"a", torch::ones({2})}});
  write_file_atomic(folder / "any name", "\n { \"weight_map\": {\"a\": \"1\"} }");
  EXPECT_TRUE(same(open_tensor_file(folder / "any name")->read("a"), torch::ones({2})));
}

TEST(OpenTensorFile, AHeaderWhoseLengthLooksLikeJsonIsAHeader) {
  const TemporaryFolder folder;
  std::string header = R"({"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}})";
  header.resize('{', ' ');
  write_file_atomic(folder / "a", "{" + std::string(7, '\0') + header + "\x05");
  EXPECT_EQ(open_tensor_file(folder / "a")->read("a").item<int64_t>(), 5);
}

TEST(OpenTensorFile, SaysWhatElseAFileIs) {
  const TemporaryFolder folder;
  const auto open_bytes = [&](const std::string& bytes) {
    write_file_atomic(folder / "model.safetensors", bytes);
    open_tensor_file(folder / "model.safetensors");
  };
  expect_error(
      ErrorKind::kCorrupt,
      [&] { open_bytes("<!DOCTYPE html><html><head><title>Sign in</title>"); },
      "model.safetensors",
      "is a web page and not the file itself");
  expect_error(
      ErrorKind::kCorrupt,
      [&] { open_bytes("version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n"); },
      "is a Git LFS pointer",
      "git lfs pull");
  expect_error(
      ErrorKind::kCorrupt, [&] { open_bytes(""); }, "is an empty file");
  expect_error(
      ErrorKind::kCorrupt, [&] { open_bytes("PK"); }, "is no weight file");
  expect_error(
      ErrorKind::kCorrupt, [&] { open_bytes(R"({"model_type": "clip"})"); }, "'weight_map'");
  expect_error(
      ErrorKind::kUnsupported,
      [&] {
        fs::copy_file(golden("whole_module.pth"),
                      folder / "model.safetensors",
                      fs::copy_options::overwrite_existing);
        open_tensor_file(folder / "model.safetensors");
      },
      "Linear");
  expect_error(
      ErrorKind::kNotFound, [&] { open_tensor_file(folder / "absent"); }, "absent");
  expect_error(
      ErrorKind::kIo, [&] { open_tensor_file(folder.path()); }, folder.path().string());
}

TEST(OpenTensorFile, SaysThatADownloadIsUnfinished) {
  const TemporaryFolder folder;
  for (const char* leaf :
       {"types.safetensors", "torch_zip.pth", "torch_legacy.pth", "types.gguf"}) {
    const std::string bytes = read_text_file(golden(leaf));
    for (const size_t length : {bytes.size() - 1, bytes.size() / 2}) {
      write_file_atomic(folder / leaf, bytes.substr(0, length));
      expect_error(
          ErrorKind::kCorrupt,
          [&] { open_tensor_file(folder / leaf); },
          leaf,
          "unfinished download");
    }
  }
}

}  // namespace
}  // namespace lienzo::weights
