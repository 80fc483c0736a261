#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <numeric>

#include "lienzo/base/error.h"
#include "lienzo/base/file.h"
#include "lienzo/datasets/world/layout.h"
#include "lienzo/image/io.h"
#include "lienzo/training/default_recipe.h"
#include "lienzo/training/preview_noise.h"
#include "lienzo/training/registry.h"
#include "lienzo/training/run.h"
#include "lienzo/training/trainer.h"
#include "lienzo/weights/safetensors.h"
#include "toy_task.h"

namespace lienzo::training {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using ::testing::Not;

const fs::path kRecipes = LIENZO_SOURCE_DIR "/recipes";

class TinyRecipe : public testing::TestWithParam<const char*> {};

TEST_P(TinyRecipe, TrainsAndTheLossFalls) {
  TemporaryFolder folder;
  Recipe recipe = load_recipe(kRecipes / (std::string("tiny-") + GetParam() + ".toml"));
  recipe.output = folder / "run";
  std::vector<double> losses;
  TrainHooks hooks;
  hooks.on_step = [&](int64_t, double loss) { losses.push_back(loss); };
  torch::manual_seed(static_cast<uint64_t>(recipe.train.seed));
  const TrainResult result = train(*make_task(recipe), recipe, hooks);

  ASSERT_EQ(losses.size(), static_cast<size_t>(recipe.train.steps));
  const size_t part = losses.size() / 5;
  const double first =
      std::accumulate(losses.begin(), losses.begin() + static_cast<long>(part), 0.0);
  const double last = std::accumulate(losses.end() - static_cast<long>(part), losses.end(), 0.0);
  EXPECT_LT(last, 0.9 * first);
  EXPECT_EQ(result.skipped, 0);
  EXPECT_FALSE(result.validation.empty());
  bool has_weights = false;
  for (const auto& item : fs::directory_iterator(result.model))
    has_weights |= item.path().extension() == ".safetensors";
  EXPECT_TRUE(has_weights);
}

INSTANTIATE_TEST_SUITE_P(
    Recipes,
    TinyRecipe,
    testing::Values("decoder", "prior", "upscaler", "captioned", "autoencoder", "checker"),
    [](const auto& recipe) { return std::string(recipe.param); });

// A second training may begin where another ended.
TEST(Recipes, BeginWithTheWeightsTheyName) {
  TemporaryFolder folder;
  Recipe recipe = load_recipe(kRecipes / "tiny-decoder.toml");
  recipe.output = folder / "first";
  recipe.train.steps = 3;
  const fs::path first = run_recipe(recipe).model / "decoder.safetensors";
  recipe.output = folder / "second";
  recipe.train.init = first;
  recipe.train.seed = 99;
  recipe.train.steps = 1;
  recipe.train.learning_rate = 1e-30;
  const fs::path second = run_recipe(recipe).model / "decoder.safetensors";
  const auto before = weights::read_safetensors(first), after = weights::read_safetensors(second);
  for (const auto& [name, tensor] : before)
    EXPECT_TRUE(torch::equal(tensor, after.at(name))) << name;

  // The model tells which weights it began with, not where they lay.
  std::map<std::string, std::string> metadata;
  weights::read_safetensors(second, &metadata);
  EXPECT_THAT(metadata.at("lienzo.provenance"), HasSubstr(R"("init":"decoder.safetensors")"));
  EXPECT_THAT(metadata.at("lienzo.provenance"), Not(HasSubstr(folder.path().string())));

  // Resuming looks at the checkpoint, not at the first weights.
  fs::remove(first);
  recipe.train.steps = 2;
  EXPECT_EQ(run_recipe(recipe, {.resume = true}).step, 2);
  recipe.output = folder / "third";
  EXPECT_THROW(run_recipe(recipe), Error);
}

// Its weights are two files whose names would meet in one.
TEST(Recipes, CaptionedPicturesBeginWithNoOthersWeights) {
  TemporaryFolder folder;
  Recipe recipe = load_recipe(kRecipes / "tiny-captioned.toml");
  recipe.output = folder / "run";
  recipe.train.init = folder / "denoiser.safetensors";
  // A program may register the task under a name of its own.
  task_registry()["my-pictures"] = task_registry().at("captioned-pictures");
  for (const char* kind : {"captioned-pictures", "my-pictures"}) {
    recipe.kind = kind;
    try {
      run_recipe(recipe);
      ADD_FAILURE() << kind;
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::kUnsupported) << kind;
      EXPECT_THAT(error.what(), HasSubstr("tiny-captioned.toml: [train] 'init'"));
      EXPECT_THAT(error.what(),
                  HasSubstr("kind \"captioned-pictures\" cannot begin with the weights of another "
                            "model; remove it, or go on with a run's folder and --resume"));
    }
  }
  task_registry().erase("my-pictures");
  EXPECT_FALSE(fs::exists(folder / "run"));
}

// An upscaler learns to finish what a decoder draws.
TEST(Recipes, AnUpscalerLearnsFromADecodersDrawings) {
  TemporaryFolder folder;
  Recipe decoder = load_recipe(kRecipes / "tiny-decoder.toml");
  decoder.output = folder / "decoder";
  decoder.train.steps = 2;
  Recipe upscaler = load_recipe(kRecipes / "tiny-upscaler.toml");
  upscaler.output = folder / "upscaler";
  upscaler.train.steps = 3;
  upscaler.task["decoder"] = (run_recipe(decoder).model / "decoder.safetensors").string();
  upscaler.task["drawn"] = 1.0;
  upscaler.task["draw_steps"] = 2;
  const TrainResult result = run_recipe(upscaler);
  std::map<std::string, std::string> metadata;
  weights::read_safetensors(result.model / "upscaler.safetensors", &metadata);
  EXPECT_EQ(metadata.at("lienzo.data"), datasets::world::data_version());
  EXPECT_THAT(metadata.at("lienzo.provenance"), HasSubstr(R"("decoder":"decoder.safetensors")"));
  EXPECT_THAT(metadata.at("lienzo.provenance"), Not(HasSubstr(folder.path().string())));
  EXPECT_EQ(result.skipped, 0);
  EXPECT_TRUE(result.validation.contains("psnr_held_out"));
  // After two steps a decoder draws worse pictures than the true ones.
  EXPECT_LT(result.validation.at("psnr_drawn_held_out"), result.validation.at("psnr_held_out"));
}

TEST(Recipes, AllAreReadable) {
  int count = 0;
  for (const auto& item : fs::directory_iterator(kRecipes)) {
    const Recipe recipe = load_recipe(item.path());
    EXPECT_TRUE(task_registry().contains(recipe.kind)) << item.path();
    EXPECT_EQ(recipe.name, item.path().stem()) << item.path();
    if (!recipe.task.contains("path")) {  // else it needs pictures that only its user has
      Recipe plain = recipe;
      plain.task.erase("decoder");  // the result of another training
      if (recipe.kind == "scene-prior") plain.task["tokenizer_captions"] = 100;  // to save time
      EXPECT_NO_THROW(EXPECT_NE(make_task(plain), nullptr)) << item.path();
    }
    ++count;
  }
  EXPECT_GE(count, 8);
}

// `count` pictures of one colour each, with captions.
void write_pictures(const fs::path& folder, int count) {
  fs::create_directories(folder);
  for (int i = 0; i < count; ++i) {
    image::Image picture(20, 16, 3);
    for (size_t k = 0; k < picture.pixels.size(); ++k)
      picture.pixels[k] = static_cast<uint8_t>(k % 3 == static_cast<size_t>(i % 3) ? 220 : 30);
    const std::string name = fmt::format("p{}", i);
    image::write_image(folder / (name + ".png"), picture);
    write_file_atomic(folder / (name + ".txt"),
                      i % 2 == 0 ? "un cuadrado \"rojo\"" : "a green square");
  }
}

TEST(DefaultRecipe, TrainsOnAFolder) {
  TemporaryFolder folder;
  write_pictures(folder / "my \"pictures\"", 3);
  Recipe recipe = default_captioned_recipe(folder / "my \"pictures\"");
  EXPECT_EQ(recipe.kind, "captioned-pictures");
  EXPECT_EQ(recipe.name, "my \"pictures\"");
  EXPECT_EQ(recipe_from_toml(recipe.text, "again").task, recipe.task);
  recipe.output = folder / "run";
  recipe.train.steps = 2;
  recipe.train.batch_size = 2;
  recipe.task["sample_steps"] = 1;
  const TrainResult result = train(*make_task(recipe), recipe);
  for (const char* file :
       {"model.json", "tokenizer.json", "denoiser.safetensors", "text_encoder.safetensors"}) {
    EXPECT_TRUE(fs::is_regular_file(result.model / file)) << file;
  }
  EXPECT_TRUE(fs::is_regular_file(folder / "run/samples/step-00000002.png"));
}

// "pictures" and "pictures/" are the same training, to be resumed under either name.
TEST(DefaultRecipe, HasOneSpellingOfTheFolder) {
  TemporaryFolder folder;
  write_pictures(folder / "pictures", 2);
  const Json plain = to_json(default_captioned_recipe(folder / "pictures"));
  EXPECT_EQ(plain.at("task").at("path"), (folder / "pictures").string());
  for (const char* name : {"pictures/", "./pictures", "pictures//", "pictures/../pictures/."})
    EXPECT_EQ(to_json(default_captioned_recipe(folder / name)), plain) << name;
}

TEST(DefaultRecipe, SaysWhatAFolderLacks) {
  TemporaryFolder folder;
  write_pictures(folder / "one", 1);
  try {
    default_captioned_recipe(folder / "one");
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kInvalidInput);
    EXPECT_THAT(error.what(), HasSubstr("at least 2"));
  }
  EXPECT_THROW(default_captioned_recipe(folder / "none"), Error);
}

std::string task_error(const std::string& task, const std::string& kind = "captioned-pictures") {
  try {
    make_task(recipe_from_toml("kind = '" + kind + "'\n[task]\n" + task, "recipe.toml"));
  } catch (const Error& error) {
    return error.what();
  }
  return "accepted";
}

TEST(CaptionedTask, NamesWhatIsWrong) {
  EXPECT_THAT(task_error(""), HasSubstr("source"));
  EXPECT_THAT(task_error("source = 'web'\n"), HasSubstr("\"folder\""));
  EXPECT_THAT(task_error("source = 'folder'\n"), HasSubstr("path"));
  EXPECT_THAT(task_error("source = 'folder'\npath = '/nowhere'\n"), HasSubstr("/nowhere"));
  EXPECT_THAT(task_error("source = 'world'\nsteps = 3\n"), HasSubstr("steps"));
  EXPECT_THAT(task_error("source = 'world'\n[task.network]\nscene = true\n"), HasSubstr("'scene'"));
  EXPECT_THAT(task_error("source = 'world'\nguidance = 99\n"), HasSubstr("guidance"));
  EXPECT_THAT(task_error("source = 'world'\n[task.network]\nimage_channels = 4\n"),
              HasSubstr("'image_channels'"));
}

// Its pictures are found as those with captions are: not in hidden folders, where thumbnails lie.
TEST(AutoencoderTask, PassesOverHiddenFolders) {
  TemporaryFolder folder;
  write_pictures(folder / "pictures", 1);
  write_pictures(folder / "pictures/.thumbnails", 3);
  const auto error = [&](const char* name) {
    return task_error("source = 'folder'\npath = '" + (folder / name).string() + "'\n",
                      "autoencoder");
  };
  EXPECT_THAT(error("pictures"), HasSubstr("holds 1 picture, expected at least 2"));
  EXPECT_THAT(error("none"), HasSubstr("none] no such folder"));
}

// What would otherwise be noticed hours later, or never.
TEST(ScenePriorTask, NamesWhatIsWrong) {
  const auto error = [](const std::string& task) {
    return task_error("vocabulary = 300\ntokenizer_captions = 20\n" + task, "scene-prior");
  };
  const auto alone = [](const std::string& task) { return task_error(task, "scene-prior"); };
  EXPECT_EQ(error(""), "accepted");
  EXPECT_THAT(alone("tokenizer_captions = 0\n"), HasSubstr("'tokenizer_captions' is 0"));
  EXPECT_THAT(alone("tokenizer_captions = -1\n"), HasSubstr("'tokenizer_captions' is -1"));
  EXPECT_THAT(alone("vocabulary = 256\n"), HasSubstr("'vocabulary' is 256, expected 257 to 65536"));
  EXPECT_THAT(alone("vocabulary = 65537\n"), HasSubstr("'vocabulary'"));
  EXPECT_THAT(error("validation_captions = 0\n"), HasSubstr("'validation_captions'"));
  EXPECT_THAT(error("caption_dropout = -0.1\n"), HasSubstr("'caption_dropout'"));
  EXPECT_THAT(error("caption_dropout = 1\n"), HasSubstr("'caption_dropout'"));
  for (const char* key : {"text_vocabulary", "scene_vocabulary"}) {
    EXPECT_THAT(error(std::string("[task.network]\n") + key + " = 500\n"),
                HasSubstr(std::string("[task.network] '") + key + "'"));
  }
}

TEST(SceneDecoderTask, NamesWhatIsWrong) {
  const auto error = [](const std::string& task) { return task_error(task, "scene-decoder"); };
  EXPECT_EQ(error("size = 512\n[task.network]\nwidths = [8, 8]\nembedding = 8\n"), "accepted");
  EXPECT_THAT(error("size = 520\n"), HasSubstr("'size' is 520, expected 8 to 512"));
  EXPECT_THAT(error("size = 4\n"), HasSubstr("'size'"));
  EXPECT_THAT(error("size = 60\n"), HasSubstr("'size' is 60, not a multiple of 8"));
  EXPECT_THAT(error("sample_steps = 0\n"), HasSubstr("'sample_steps'"));
  EXPECT_THAT(error("sample_steps = 1001\n"), HasSubstr("'sample_steps'"));
  EXPECT_THAT(error("validation_pictures = 0\n"), HasSubstr("'validation_pictures'"));
  for (const char* line : {"scene = false", "context = 64", "image_channels = 4"}) {
    const std::string key(line, std::string(line).find(' '));
    EXPECT_THAT(error(std::string("[task.network]\n") + line + "\n"),
                HasSubstr("[task.network] '" + key + "'"));
  }
}

TEST(UpscalerTask, NamesWhatIsWrong) {
  const auto error = [](const std::string& task) { return task_error(task, "scene-upscaler"); };
  EXPECT_EQ(error("size = 64\n[task.network]\nfactor = 8\nwidth = 8\n"), "accepted");
  EXPECT_THAT(error("validation_pictures = 0\n"), HasSubstr("'validation_pictures'"));
  EXPECT_THAT(error("size = 72\n[task.network]\nfactor = 8\nwidth = 8\n"),
              HasSubstr("'size' is 72, times the network's factor 8 more than 512"));
}

TEST(CheckerTask, NamesWhatIsWrong) {
  const auto error = [](const std::string& task) { return task_error(task, "checker"); };
  EXPECT_EQ(error("[task.network]\npicture = 512\nwidth = 8\n"), "accepted");
  EXPECT_THAT(error("[task.network]\npicture = 520\n"), HasSubstr("'picture' is 520"));
  for (const char* key : {"groups", "colours", "materials"}) {
    EXPECT_THAT(error(std::string("[task.network]\n") + key + " = 3\n"),
                HasSubstr(std::string("[task.network] '") + key + "'"));
  }
}

bool same_part(const image::Image& sheet, int left, int top, const image::Image& picture) {
  if (left + picture.width > sheet.width || top + picture.height > sheet.height) return false;
  for (int y = 0; y < picture.height; ++y) {
    if (!std::equal(
            picture.at(0, y), picture.at(0, y) + picture.width * 3, sheet.at(left, top + y)))
      return false;
  }
  return true;
}

TEST(PreviewNoise, BeginsWithThePictureAndComesBackToIt) {
  image::Image picture(64, 48, 3);
  for (size_t i = 0; i < picture.pixels.size(); ++i)
    picture.pixels[i] = static_cast<uint8_t>(i * 7 % 251);
  const image::Image sheet = preview_noise(picture, 4, 1);
  EXPECT_GE(sheet.width, 4 * 64);
  int found = 0;
  for (int y = 0; y < sheet.height; ++y) found += same_part(sheet, 4, y, picture);
  EXPECT_EQ(found, 2);
  EXPECT_EQ(sheet, preview_noise(picture, 4, 1));
  EXPECT_NE(sheet, preview_noise(picture, 4, 2));
  EXPECT_THROW(preview_noise(picture, 1, 1), Error);
  EXPECT_THROW(preview_noise({}, 4, 1), Error);
}

}  // namespace
}  // namespace lienzo::training
