#include "lienzo/pipelines/stable_diffusion/canvas.h"

#include <gtest/gtest.h>

#include "lienzo/base/error.h"
#include "lienzo/image/resize.h"

namespace lienzo::pipelines {
namespace {

image::Image filled(int width, int height, int channels, uint8_t value) {
  image::Image image(width, height, channels);
  std::fill(image.pixels.begin(), image.pixels.end(), value);
  return image;
}

// Black, with a white rectangle.
image::Image mask_of(int width, int height, const image::Rect& area) {
  image::Image mask(width, height, 1);
  for (int y = area.y; y < area.y + area.height; ++y) {
    for (int x = area.x; x < area.x + area.width; ++x) *mask.at(x, y) = 255;
  }
  return mask;
}

TEST(Canvas, WorksOnTheNextMultipleAndCutsIt) {
  StableDiffusionRequest request;
  request.width = 100;
  request.height = 65;
  const Canvas canvas = make_canvas(request, 512, 512, 8);
  EXPECT_EQ(canvas.width, 104);
  EXPECT_EQ(canvas.height, 72);
  const image::Image made = filled(104, 72, 3, 9);
  const image::Image finished = finish_canvas(canvas, made);
  EXPECT_EQ(finished.width, 100);
  EXPECT_EQ(finished.height, 65);
}

TEST(Canvas, TakesTheModelsOwnSizeOrThatOfThePicture) {
  StableDiffusionRequest request;
  EXPECT_EQ(make_canvas(request, 512, 768, 8).height, 768);
  request.picture = filled(90, 64, 4, 255);
  const Canvas canvas = make_canvas(request, 512, 512, 8);
  EXPECT_EQ(canvas.cut_width, 90);
  EXPECT_EQ(canvas.width, 96);
  ASSERT_TRUE(canvas.picture);
  EXPECT_EQ(canvas.picture->channels, 3);
  EXPECT_EQ(canvas.picture->width, 96);
}

TEST(Canvas, PutsTheKeptPixelsBack) {
  StableDiffusionRequest request;
  request.picture = filled(64, 64, 3, 10);
  request.inpaint = InpaintOptions{.mask = mask_of(64, 64, {16, 16, 32, 32}), .blur = 2};
  const Canvas canvas = make_canvas(request, 512, 512, 8);
  ASSERT_TRUE(canvas.mask);
  EXPECT_EQ(*canvas.mask->at(20, 20), 255);
  EXPECT_EQ(*canvas.mask->at(4, 4), 0);
  const image::Image finished = finish_canvas(canvas, filled(64, 64, 3, 200));
  EXPECT_EQ(finished.at(2, 2)[0], 10);
  EXPECT_EQ(finished.at(32, 32)[0], 200);
  const int edge = finished.at(16, 32)[0];
  EXPECT_GT(edge, 40);
  EXPECT_LT(edge, 180);
}

TEST(Canvas, EnlargesTheMaskedPartAlone) {
  StableDiffusionRequest request;
  request.picture = filled(256, 128, 3, 10);
  request.inpaint = InpaintOptions{
      .mask = mask_of(256, 128, {200, 40, 16, 16}), .blur = 0, .only_masked = true, .padding = 8};
  const Canvas canvas = make_canvas(request, 64, 64, 8);
  EXPECT_EQ(canvas.area, (image::Rect{192, 32, 32, 32}));
  EXPECT_EQ(canvas.picture->width, 64);
  const image::Image finished = finish_canvas(canvas, filled(64, 64, 3, 200));
  EXPECT_EQ(finished.width, 256);
  EXPECT_EQ(finished.height, 128);
  EXPECT_EQ(finished.at(208, 48)[0], 200);
  EXPECT_EQ(finished.at(194, 34)[0], 10);
  EXPECT_EQ(finished.at(20, 20)[0], 10);
}

TEST(Canvas, RefusesAMaskThatPaintsNothing) {
  StableDiffusionRequest request;
  request.picture = filled(64, 64, 3, 10);
  request.inpaint = InpaintOptions{.mask = image::Image(64, 64, 1)};
  EXPECT_THROW(make_canvas(request, 512, 512, 8), Error);
}

}  // namespace
}  // namespace lienzo::pipelines
