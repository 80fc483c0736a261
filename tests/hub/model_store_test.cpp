#include "lienzo/hub/model_store.h"

#include "../base/expect_error.h"
#include "../weights/temporary_folder.h"
#include "lienzo/base/file.h"

namespace lienzo::hub {
namespace {

namespace fs = std::filesystem;

class ModelStoreTest : public testing::Test {
 protected:
  void write(const std::string& path, const std::string& text = "x") {
    fs::create_directories((folder_ / path).parent_path());
    write_file_atomic(folder_ / path, text);
  }

  std::vector<std::string> names() const {
    std::vector<std::string> names;
    for (const LocalModel& model : list_models(folder_.path())) {
      EXPECT_EQ(model.path, folder_ / model.name);
      names.push_back(model.name);
    }
    return names;
  }

  const weights::TemporaryFolder folder_;
};

TEST_F(ModelStoreTest, AFolderThatIsNotThereIsEmpty) {
  EXPECT_TRUE(list_models(folder_ / "nowhere").empty());
  EXPECT_TRUE(list_models(folder_.path()).empty());
}

TEST_F(ModelStoreTest, TellsTheKindsApart) {
  write("sd/model_index.json", R"({"_class_name": "StableDiffusionPipeline"})");
  write("sd/unet/config.json", "{}");
  write("sd/unet/diffusion_pytorch_model.safetensors", std::string(100, 'u'));
  write("sd/README.md", "---\nlicense: openrail++\n---\n");
  write("sd/extra.safetensors");
  write("mine/model.json", R"({"kind": "captioned-pictures"})");
  write("mine/decoder.safetensors");
  write("tae/config.json", R"({"_class_name": "AutoencoderTiny"})");
  write("tae/diffusion_pytorch_model.safetensors");
  write("owner/repo/a.ckpt", "12345");
  write("owner/repo/README.md", "---\nlicense: mit\n---\n");
  write("b.gguf");
  const std::vector<LocalModel> models = list_models(folder_.path());
  ASSERT_EQ(models.size(), 6u);
  EXPECT_EQ(models[0].name, "b.gguf");
  EXPECT_EQ(models[0].kind, ModelKind::kSingleFile);
  EXPECT_EQ(models[1].name, "mine");
  EXPECT_EQ(models[1].kind, ModelKind::kLienzoFolder);
  EXPECT_EQ(models[1].family, "captioned-pictures");
  EXPECT_EQ(models[2].name, "owner/repo/a.ckpt");
  EXPECT_EQ(models[2].bytes, 5u);
  EXPECT_EQ(models[2].licence, "mit");
  EXPECT_EQ(models[3].name, "sd");
  EXPECT_EQ(models[3].kind, ModelKind::kDiffusersFolder);
  EXPECT_EQ(models[3].family, "StableDiffusionPipeline");
  EXPECT_EQ(models[3].licence, "openrail++");
  EXPECT_GT(models[3].bytes, 100u);
  EXPECT_EQ(models[4].name, "sd/extra.safetensors");
  EXPECT_EQ(models[5].name, "tae");
  EXPECT_EQ(models[5].kind, ModelKind::kPart);
  EXPECT_EQ(models[5].family, "AutoencoderTiny");
}

TEST_F(ModelStoreTest, LeavesOutWhatIsNoModel) {
  write("tokenizer/vocab.json");
  write("tokenizer/odd.bin");
  write("checker/checker.safetensors");
  write(".cache/a.safetensors");
  write("a.safetensors.part");
  write("a.safetensors.part.json");
  write("notes.txt");
  write("1/2/3/4/5/deep.safetensors");
  EXPECT_TRUE(names().empty());
}

TEST_F(ModelStoreTest, SurvivesLinksThatGoRoundAndDamagedFiles) {
  write("a/model_index.json", "{{{");
  fs::create_directory_symlink(folder_.path(), folder_ / "loop");
  fs::create_symlink("nowhere", folder_ / "dangling.safetensors");
  EXPECT_EQ(find_local_model(folder_.path(), "a").family, "");
}

TEST_F(ModelStoreTest, FindsByNameWithoutExtensionOrFolder) {
  write("o/r/one.safetensors");
  write("o/r/two.ckpt");
  write("o/s/two.ckpt");
  write("o/r/three.ckpt");
  write("o/r/three.safetensors");
  for (const char* name : {"o/r/one.safetensors", "o/r/one", "one.safetensors", "one"})
    EXPECT_EQ(find_local_model(folder_.path(), name).name, "o/r/one.safetensors");
  EXPECT_EQ(find_local_model(folder_.path(), "o/s/two").name, "o/s/two.ckpt");
  EXPECT_EQ(find_local_model(folder_.path(), "three.ckpt").name, "o/r/three.ckpt");
  for (const char* unclear : {"two", "two.ckpt", "three", "o/r/three"})
    EXPECT_THROW(find_local_model(folder_.path(), unclear), Error) << unclear;
}

TEST_F(ModelStoreTest, SaysWhatThereIsAndHowToGetMore) {
  write("mine.safetensors");
  expect_error(
      ErrorKind::kNotFound,
      [&] { find_local_model(folder_.path(), "mine.safetensor"); },
      ", did you mean 'mine.safetensors'?",
      folder_.path().string() + " holds: mine.safetensors",
      "lienzo model pull NAME");
  expect_error(
      ErrorKind::kNotFound,
      [&] { find_local_model(folder_.path(), "sdxl"); },
      "sdxl is not in",
      "lienzo model pull sdxl");
  expect_error(
      ErrorKind::kNotFound, [&] { find_local_model(folder_ / "x", "y"); }, "holds: nothing");
}

}  // namespace
}  // namespace lienzo::hub
