#include "lienzo/pipelines/embedded_model.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "lienzo/base/error.h"
#include "lienzo/datasets/world/renderer.h"
#include "lienzo/tensor/threads.h"

namespace lienzo::pipelines {
namespace {

namespace fs = std::filesystem;
namespace world = datasets::world;

const fs::path kModel = fs::path(LIENZO_SOURCE_DIR) / "models" / "mini";

EmbeddedModel& model() {
  static EmbeddedModel loaded = EmbeddedModel::load(kModel);
  return loaded;
}

ImagineRequest request(std::string prompt, uint64_t seed = 1) {
  ImagineRequest r;
  r.prompt = std::move(prompt);
  r.seed = seed;
  return r;
}

TEST(EmbeddedModel, OnePictureOfABatchEqualsThePictureAlone) {
  ImagineRequest batch = request("una esfera verde y un cono rojo", 5);
  batch.count = 3;
  const auto pictures = model().imagine(batch);
  ASSERT_EQ(pictures.size(), 3U);
  for (uint64_t k = 0; k < 3; ++k) {
    const auto alone = model().imagine(request(batch.prompt, 5 + k));
    EXPECT_EQ(alone[0].scene, pictures[k].scene);
    EXPECT_TRUE(alone[0].image == pictures[k].image) << "picture " << k;
    EXPECT_EQ(pictures[k].record.seed, 5 + k);
  }
}

TEST(EmbeddedModel, TheNumberOfThreadsDoesNotMatter) {
  const int before = tensor::thread_count();
  const auto drawn_by = [](int threads) {
    tensor::set_reproducible_threads(threads);
    ImagineRequest three = request("a red cube on a blue ball and a green cone", 2);
    three.count = 3;
    return model().imagine(three);
  };
  const auto one = drawn_by(1);
  for (int threads = 2; threads <= 4; ++threads) {
    const auto several = drawn_by(threads);
    for (size_t k = 0; k < one.size(); ++k)
      EXPECT_TRUE(one[k].image == several[k].image) << threads << " threads, picture " << k;
  }
  tensor::set_threads(before);
}

TEST(EmbeddedModel, TheFlagshipPromptIsUnderstoodEveryTime) {
  ImagineRequest r = request("un cubo rojo encima de un cubo azul", 0);
  r.count = 50;
  for (const world::Scene& scene : model().imagine_scenes(r)) {
    ASSERT_EQ(scene.objects.size(), 2U);
    int red = scene.objects[0].colour == world::Colour::kRed ? 0 : 1;
    EXPECT_EQ(scene.objects[red].colour, world::Colour::kRed);
    EXPECT_EQ(scene.objects[1 - red].colour, world::Colour::kBlue);
    EXPECT_TRUE(world::holds(scene, {world::Relation::kOnTopOf, red, 1 - red}));
  }
}

TEST(EmbeddedModel, GlassStandsOnlyWhereItIsAskedFor) {
  const auto glass = [](const std::string& prompt) {
    ImagineRequest r = request(prompt, 0);
    r.count = 50;
    int things = 0;
    for (const world::Scene& scene : model().imagine_scenes(r)) {
      for (const world::Object& object : scene.objects)
        things += object.material == world::Material::kGlass ? 1 : 0;
    }
    return things;
  };
  EXPECT_EQ(glass("un cubo rojo encima de un cubo azul"), 0);
  EXPECT_EQ(glass("a red metal cube next to a green cone"), 0);
  EXPECT_EQ(glass("un cubo rojo de cristal encima de un cubo azul"), 50);
  EXPECT_EQ(glass("a transparent sphere behind a glass cone"), 100);
  EXPECT_EQ(glass("a small red sphere inside a blue cube"), 50);  // else nobody would see it
}

TEST(EmbeddedModel, ThePictureShowsItsScene) {
  const auto pictures = model().imagine(request("un cubo rojo encima de un cubo azul", 3));
  const image::Image truth = world::render(pictures[0].scene, 256);
  double squared = 0;
  for (size_t i = 0; i < truth.pixels.size(); ++i) {
    const double d = static_cast<double>(truth.pixels[i]) - pictures[0].image.pixels[i];
    squared += d * d;
  }
  // The committed model is at about 6 of 255; a wrong or an unfinished picture is far above.
  EXPECT_LT(std::sqrt(squared / static_cast<double>(truth.pixels.size())), 12);
}

TEST(EmbeddedModel, SeedsGiveDifferentPictures) {
  ImagineRequest r = request("un cubo", 0);
  r.count = 8;
  const auto scenes = model().imagine_scenes(r);
  int different = 0;
  for (size_t i = 1; i < scenes.size(); ++i) different += scenes[i] == scenes[0] ? 0 : 1;
  EXPECT_GE(different, 6);
}

TEST(EmbeddedModel, NamesTheWordsItDoesNotKnow) {
  EXPECT_EQ(model().unknown_words("un cubo rojo con guacamole"),
            (std::vector<std::string>{"guacamole"}));
  EXPECT_TRUE(model().unknown_words("un cartel que dice \"guaca\"").empty());
}

TEST(EmbeddedModel, SignsBearTheWordsThatAreQuoted) {
  ImagineRequest r = request("un cartel rojo que dice ZUMBIDO a la izquierda de un cubo", 0);
  r.count = 20;
  for (const world::Scene& scene : model().imagine_scenes(r)) {
    const auto sign = std::find_if(scene.objects.begin(), scene.objects.end(), [](const auto& o) {
      return o.shape == world::Shape::kSign;
    });
    ASSERT_NE(sign, scene.objects.end());
    EXPECT_EQ(sign->word, "ZUMBIDO");
  }
}

TEST(EmbeddedModel, TheQuotedWordIsOnTheSignThatBearsIt) {
  ImagineRequest r = request("an orange sign on top of a white sign that says \"ZUMBIDO\"", 0);
  r.count = 10;
  int right = 0;
  for (const world::Scene& scene : model().imagine_scenes(r)) {
    for (const world::Object& object : scene.objects) {
      right += object.colour == world::Colour::kWhite && object.word == "ZUMBIDO" ? 1 : 0;
      EXPECT_FALSE(object.colour == world::Colour::kOrange && object.word == "ZUMBIDO");
    }
  }
  EXPECT_EQ(right, 10);
}

TEST(EmbeddedModel, DrawsTheSceneThatIsGiven) {
  ImagineRequest r = request("", 2);
  world::Object ring;
  ring.shape = world::Shape::kRing;
  ring.z = 10;
  r.scene = world::Scene{.objects = {ring}};
  const auto pictures = model().imagine(r);
  EXPECT_EQ(pictures[0].scene, *r.scene);
  EXPECT_EQ(pictures[0].image.width, 256);
  // Whose the scene is only the caller knows.
  EXPECT_TRUE(pictures[0].record.extra.empty()) << pictures[0].record.extra;
}

void expect_error(const ImagineRequest& r, ErrorKind kind, const std::string& part) {
  try {
    model().imagine(r);
    FAIL() << "accepted: " << part;
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), kind) << error.what();
    EXPECT_NE(std::string(error.what()).find(part), std::string::npos) << error.what();
  }
}

TEST(EmbeddedModel, RefusesWhatItCannotDo) {
  expect_error(request("  "), ErrorKind::kInvalidInput, "empty");
  expect_error(request(std::string(5000, 'a')), ErrorKind::kInvalidInput, "shorten");
  std::string many;
  for (int i = 0; i < 150; ++i) many += "cubo rojo ";
  expect_error(request(many), ErrorKind::kInvalidInput, "tokens");
  expect_error(request("un cartel que dice \"CALLEJUELA\""), ErrorKind::kInvalidInput, "letters");
  ImagineRequest r = request("un cubo");
  r.height = 128;
  expect_error(r, ErrorKind::kUnsupported, "squares");
  r.width = r.height = 8;
  expect_error(r, ErrorKind::kInvalidInput, "64 to 1024");
  r = request("un cubo");
  r.steps = 1000;
  expect_error(r, ErrorKind::kInvalidInput, "steps");
  r.steps = 0;
  r.sampler = "magic";
  expect_error(r, ErrorKind::kInvalidInput, "euler");
  r.sampler.clear();
  r.negative_prompt = "rojo";
  expect_error(r, ErrorKind::kInvalidInput, "guidance");
}

TEST(EmbeddedModel, CanBeCancelledBetweenSteps) {
  ImagineHooks hooks;
  int asked = 0;
  hooks.cancelled = [&] { return ++asked == 2; };
  EXPECT_THROW(model().imagine(request("un cubo"), hooks), Error);
  EXPECT_EQ(asked, 2);
}

TEST(EmbeddedModel, DamagedFilesAreNamed) {
  const fs::path folder = fs::temp_directory_path() / "lienzo_damaged_model";
  fs::remove_all(folder);
  fs::create_directories(folder);
  for (const auto& file : fs::directory_iterator(kModel)) {
    if (file.is_regular_file()) fs::copy_file(file.path(), folder / file.path().filename());
  }
  fs::resize_file(folder / "decoder.safetensors", 1000);
  try {
    EmbeddedModel::load(folder);
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kCorrupt);
    EXPECT_NE(std::string(error.what()).find("decoder.safetensors"), std::string::npos)
        << error.what();
  }
  fs::remove(folder / "decoder.safetensors");
  EXPECT_THROW(EmbeddedModel::load(folder), Error);
  fs::remove_all(folder);
}

}  // namespace
}  // namespace lienzo::pipelines
