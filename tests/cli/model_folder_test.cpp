#include "lienzo/cli/model_folder.h"

#include <cstdlib>
#include <optional>

#include "../base/expect_error.h"
#include "../weights/temporary_folder.h"
#include "lienzo/base/file.h"
#include "lienzo/cli/hub_access.h"

namespace lienzo::cli {
namespace {

namespace fs = std::filesystem;

/// Sets a variable of the environment, or unsets it, until its end.
class Variable {
 public:
  Variable(const char* name, const std::optional<std::string>& value) : name_(name) {
    if (const char* before = std::getenv(name)) before_ = before;
    set(value);
  }
  ~Variable() { set(before_); }
  Variable(const Variable&) = delete;
  Variable& operator=(const Variable&) = delete;

 private:
  void set(const std::optional<std::string>& value) {
    if (value) {
      setenv(name_, value->c_str(), 1);
    } else {
      unsetenv(name_);
    }
  }
  const char* name_;
  std::optional<std::string> before_;
};

class ModelFolderTest : public testing::Test {
 protected:
  void write(const fs::path& path, const std::string& text = "{}") {
    fs::create_directories(path.parent_path());
    write_file_atomic(path, text);
  }

  const weights::TemporaryFolder folder_;
  const Variable models_{"LIENZO_MODELS", folder_.path().string()};
  const Variable data_{"XDG_DATA_HOME", std::nullopt};
  const Variable home_{"HOME", "/home/ana"};
};

TEST_F(ModelFolderTest, TheFirstPlaceThatIsSaidCounts) {
  EXPECT_EQ(models_folder("x"), "x");
  EXPECT_EQ(models_folder(), folder_.path());
  const Variable no_models("LIENZO_MODELS", "");
  EXPECT_EQ(models_folder(), "/home/ana/.local/share/lienzo/models");
  {
    const Variable data("XDG_DATA_HOME", "/data");
    EXPECT_EQ(models_folder(), "/data/lienzo/models");
  }
  {
    const Variable relative("XDG_DATA_HOME", "data");
    EXPECT_EQ(models_folder(), "/home/ana/.local/share/lienzo/models");
  }
  const Variable no_home("HOME", std::nullopt);
  expect_error(
      ErrorKind::kInvalidInput, [] { models_folder(); }, "LIENZO_MODELS");
}

TEST_F(ModelFolderTest, TheEmbeddedModelIsFoundWhateverTheEnvironment) {
  const fs::path embedded = fs::path(LIENZO_SOURCE_DIR) / "models/mini";
  EXPECT_EQ(find_model({}), embedded);
  EXPECT_EQ(find_model("mini"), embedded);
  EXPECT_EQ(find_model_folder({}), embedded);
  EXPECT_EQ(find_checker_folder({}), fs::path(LIENZO_SOURCE_DIR) / "models/checker");
  const Variable no_models("LIENZO_MODELS", std::nullopt);
  const Variable no_home("HOME", std::nullopt);
  EXPECT_EQ(find_model({}), embedded);
  write(folder_ / "mini/model.json");
  const Variable own("LIENZO_MODELS", folder_.path().string());
  EXPECT_EQ(find_model({}), folder_ / "mini");
}

TEST_F(ModelFolderTest, AModelIsAPathOrAName) {
  write(folder_ / "o/r/a.safetensors");
  EXPECT_EQ(find_model(folder_ / "o/r/a.safetensors"), folder_ / "o/r/a.safetensors");
  EXPECT_EQ(find_model("o/r/a.safetensors"), folder_ / "o/r/a.safetensors");
  EXPECT_EQ(find_model("a"), folder_ / "o/r/a.safetensors");
  EXPECT_EQ(find_model("."), ".");
  expect_error(
      ErrorKind::kNotFound, [] { find_model("b"); }, "no file, folder or model 'b'");
  expect_error(
      ErrorKind::kNotFound, [] { find_model_folder("a"); }, "expected model.json in it");
}

TEST_F(ModelFolderTest, TheVocabularyIsBesideTheCheckpointOrShared) {
  const fs::path checkpoint = folder_ / "o/a.safetensors";
  write(checkpoint);
  expect_error(
      ErrorKind::kNotFound,
      [&] { find_vocabulary(checkpoint); },
      checkpoint.string(),
      "lienzo model pull clip-vocabulary");
  write(folder_ / "tokenizer/vocab.json");
  EXPECT_THROW(find_vocabulary(checkpoint), Error) << "half a vocabulary";
  write(folder_ / "tokenizer/merges.txt");
  EXPECT_EQ(find_vocabulary(checkpoint), folder_ / "tokenizer");
  write(folder_ / "o/tokenizer/vocab.json");
  write(folder_ / "o/tokenizer/merges.txt");
  EXPECT_EQ(find_vocabulary(checkpoint), folder_ / "o/tokenizer");
}

TEST_F(ModelFolderTest, TheHubIsAsTheEnvironmentSays) {
  const Variable endpoint("HF_ENDPOINT", std::nullopt), token("HF_TOKEN", std::nullopt),
      old_token("HUGGING_FACE_HUB_TOKEN", std::nullopt), path("HF_TOKEN_PATH", std::nullopt),
      hub_home("HF_HOME", std::nullopt), cache("XDG_CACHE_HOME", std::nullopt),
      home("HOME", folder_.path().string());
  EXPECT_EQ(hub_access().endpoint, "https://huggingface.co");
  EXPECT_EQ(hub_access().token, "");
  write(folder_ / ".cache/huggingface/token", "from-home\n");
  EXPECT_EQ(hub_access().token, "from-home");
  write(folder_ / "hub/token", " from-hub ");
  const Variable other_home("HF_HOME", (folder_ / "hub").string());
  EXPECT_EQ(hub_access().token, "from-hub");
  const Variable old("HUGGING_FACE_HUB_TOKEN", "old");
  EXPECT_EQ(hub_access().token, "old");
  const Variable own("HF_TOKEN", "own\n");
  EXPECT_EQ(hub_access().token, "own");
  const Variable mirror("HF_ENDPOINT", "https://mirror.example");
  EXPECT_EQ(hub_access().endpoint, "https://mirror.example");
}

}  // namespace
}  // namespace lienzo::cli
