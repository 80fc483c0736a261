#include "lienzo/evaluation/read_word.h"

#include <gtest/gtest.h>

#include "lienzo/base/error.h"
#include "lienzo/base/random.h"
#include "lienzo/datasets/world/layout.h"
#include "lienzo/datasets/world/renderer.h"

namespace lienzo::evaluation {
namespace {

using namespace datasets::world;  // NOLINT: the whole test speaks of the world

TEST(ReadWord, ReadsRenderedSigns) {
  constexpr int kSigns = 200;
  Random random(17);
  int right = 0, sizes = 0, tried = 0;
  while (tried < kSigns) {
    SceneSpec spec;
    spec.objects.resize(1 + static_cast<size_t>(tried % 2));
    spec.objects[0].shape = Shape::kSign;
    const auto scene = sample_scene(spec, random);
    if (!scene) continue;
    ++tried;
    const Object& sign = scene->objects[0];
    Object seen =
        sign;  // as a detector sees it: a little off, of the right length, of unknown letters
    seen.x += random.integer(-1, 1) * (tried % 3 == 0 ? 1 : 0);
    seen.z += random.integer(-1, 1);
    seen.word.assign(sign.word.size(), 'A');
    const WordReading reading = read_word(render(*scene, 256), seen);
    right += reading.word == sign.word ? 1 : 0;
    sizes += reading.size == sign.size ? 1 : 0;
    if (reading.word != sign.word)
      std::printf(
          "read %s, not %s (%f)\n", reading.word.c_str(), sign.word.c_str(), reading.likeness);
  }
  EXPECT_GE(right, kSigns - 1);
  EXPECT_GE(sizes, kSigns - 1);
}

TEST(ReadWord, FindsTheLengthWhenOneOff) {
  Scene scene;
  Object sign;
  sign.shape = Shape::kSign;
  sign.word = "LIENZO";
  sign.z = 8;
  scene.objects = {sign};
  Object seen = sign;
  for (const size_t length : {5, 6, 7}) {
    seen.word.assign(length, 'A');
    EXPECT_EQ(read_word(render(scene, 256), seen).word, "LIENZO") << length;
  }
}

TEST(ReadWord, AnEmptyPictureIsNothingLikeAWord) {
  Object sign;
  sign.shape = Shape::kSign;
  sign.word = "AAAA";
  EXPECT_LT(read_word(image::Image(256, 256, 3), sign).likeness, 0.3);
}

TEST(ReadWord, RefusesOtherPicturesAndObjects) {
  Object sign;
  sign.shape = Shape::kSign;
  sign.word = "A";
  EXPECT_THROW(read_word(image::Image(128, 128, 3), sign), Error);
  EXPECT_THROW(read_word(image::Image(256, 256, 3), Object()), Error);
}

}  // namespace
}  // namespace lienzo::evaluation
