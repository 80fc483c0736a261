#include "lienzo/pipelines/picture_upscaler.h"

#include <gtest/gtest.h>

#include <cmath>

#include "lienzo/base/error.h"
#include "lienzo/image/resize.h"

namespace lienzo::pipelines {
namespace {

PictureUpscaler load(const std::string& name) {
  return PictureUpscaler::load(LIENZO_TEST_DATA "/golden/upscalers/" + name + ".pth",
                               {.dtype = "fp32", .device = "cpu"});
}

image::Image waves(int width, int height, int channels = 3) {
  image::Image picture(width, height, channels);
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      for (int c = 0; c < channels; ++c) {
        picture.at(x, y)[c] = static_cast<uint8_t>(127 + 120 * std::sin(0.21 * x + 0.3 * c) *
                                                             std::cos(0.17 * y - 0.2 * c));
      }
    }
  }
  return picture;
}

// The part of `picture` that is not what `whole` has there.
int differing(const image::Image& picture, const image::Image& whole, int x0, int y0) {
  int count = 0;
  for (int y = 0; y < picture.height; ++y) {
    for (int x = 0; x < picture.width; ++x) {
      for (int c = 0; c < 3; ++c) {
        const int difference = picture.at(x, y)[c] - whole.at(x0 + x, y0 + y)[c];
        count += std::abs(difference) > 1 ? 1 : 0;
      }
    }
  }
  return count;
}

// This network sees 5 pixels around each, so pieces with a border of more cannot be told.
TEST(PictureUpscaler, PiecesDoNotShow) {
  PictureUpscaler upscaler = load("srvgg_x2");
  const image::Image picture = waves(333, 200);
  const image::Image whole = upscaler.enlarge(picture);
  ASSERT_EQ(whole.width, 666);
  ASSERT_EQ(whole.height, 400);
  // One piece by itself around the seams at 160 and 320.
  const image::Image part = upscaler.enlarge(image::crop(picture, 120, 100, 150, 90));
  const image::Image inner = image::crop(part, 12, 12, part.width - 24, part.height - 24);
  EXPECT_EQ(differing(inner, whole, 240 + 12, 200 + 12), 0);
}

TEST(PictureUpscaler, TakesOddSizes) {
  // This one folds two by two pixels into channels.
  PictureUpscaler upscaler = load("esrgan_x2");
  for (const auto& [width, height] : {std::pair{1, 1}, {7, 3}, {161, 5}}) {
    const image::Image larger = upscaler.enlarge(waves(width, height));
    EXPECT_EQ(larger.width, 2 * width);
    EXPECT_EQ(larger.height, 2 * height);
  }
}

TEST(PictureUpscaler, KeepsTransparency) {
  PictureUpscaler upscaler = load("srvgg_x4");
  image::Image picture = waves(20, 20, 4);
  for (int y = 0; y < 20; ++y)
    for (int x = 0; x < 20; ++x) picture.at(x, y)[3] = x < 10 ? 255 : 0;
  const image::Image larger = upscaler.enlarge(picture);
  ASSERT_EQ(larger.channels, 4);
  EXPECT_EQ(larger.at(4, 40)[3], 255);
  EXPECT_EQ(larger.at(75, 40)[3], 0);
}

TEST(PictureUpscaler, MakesTheSizeThatIsAskedFor) {
  PictureUpscaler twice = load("srvgg_x2"), same = load("esrgan_x1");
  const image::Image picture = waves(30, 20);
  for (const double scale : {1.5, 2.0, 3.3, 8.0}) {
    for (PictureUpscaler* upscaler : {&twice, &same, static_cast<PictureUpscaler*>(nullptr)}) {
      const image::Image larger = enlarge(picture, scale, upscaler);
      EXPECT_EQ(larger.width, std::lround(30 * scale));
      EXPECT_EQ(larger.height, std::lround(20 * scale));
    }
  }
  EXPECT_TRUE(enlarge(picture, 2, &twice) == twice.enlarge(picture));
  EXPECT_TRUE(enlarge(picture, 4, &twice) == twice.enlarge(twice.enlarge(picture)));
  EXPECT_TRUE(enlarge(picture, 3, nullptr) == image::resize(picture, 90, 60));
}

TEST(PictureUpscaler, TellsProgressAndStops) {
  PictureUpscaler upscaler = load("srvgg_x2");
  int64_t done = -1, total = 0;
  bool stop = false;
  UpscaleHooks hooks = {.progress =
                            [&](const Progress& progress) {
                              EXPECT_EQ(progress.done, done + 1);
                              done = progress.done;
                              total = progress.total;
                            },
                        .cancelled = [&] { return stop; }};
  upscaler.enlarge(waves(330, 170), hooks);
  EXPECT_EQ(total, 6);
  EXPECT_EQ(done, 6);
  stop = true;
  hooks.progress = {};
  try {
    upscaler.enlarge(waves(8, 8), hooks);
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kCancelled);
  }
}

TEST(PictureUpscaler, TheRecordSaysWhatMadeItLarger) {
  PictureUpscaler upscaler = load("srvgg_x2");
  provenance::Record record;
  record.prompt = "a cube";
  record.width = record.height = 10;
  record_enlargement(record, image::Image(20, 20, 3), 2, &upscaler);
  EXPECT_EQ(record.width, 20);
  EXPECT_EQ(record.prompt, "a cube");
  EXPECT_EQ(record.extra["enlarged"], Json({{"scale", 2.0}, {"model", "srvgg_x2"}}));
  record_enlargement(record, image::Image(40, 40, 3), 2, nullptr);
  EXPECT_EQ(record.extra["enlarged"], Json({{"scale", 2.0}, {"filter", "lanczos"}}));
}

}  // namespace
}  // namespace lienzo::pipelines
