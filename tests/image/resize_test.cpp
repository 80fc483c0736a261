#include "lienzo/image/resize.h"

#include "pictures.h"

namespace lienzo::image {
namespace {

TEST(Resize, GivesExactlyTheSizeAskedFor) {
  const Image image = make_picture(61, 47, 3);
  for (const auto& [width, height] : std::vector<std::pair<int, int>>{{1, 1},
                                                                      {3, 200},
                                                                      {200, 3},
                                                                      {60, 46},
                                                                      {62, 48},
                                                                      {17, 17},
                                                                      {123, 94},
                                                                      {61, 1},
                                                                      {333, 77},
                                                                      {61, 47}}) {
    const Image out = resize(image, width, height);
    EXPECT_EQ(out.width, width);
    EXPECT_EQ(out.height, height);
    EXPECT_EQ(out.pixels.size(), static_cast<size_t>(width) * height * 3);
  }
  EXPECT_EQ(resize(image, 61, 47), image);
}

TEST(Resize, AGradientStaysThatGradient) {
  const Image small = make_picture(32, 32, 3);
  const Image large = make_picture(96, 96, 3);
  EXPECT_LT(mean_difference(resize(large, 32, 32), small), 3);
  EXPECT_LT(mean_difference(resize(small, 96, 96), large), 3);
}

TEST(Resize, ShrinkingAveragesFinePatterns) {
  Image board(128, 128, 1);
  for (int y = 0; y < 128; ++y) {
    for (int x = 0; x < 128; ++x) *board.at(x, y) = (x + y) % 2 ? 255 : 0;
  }
  const Image out = resize(board, 16, 16);
  ASSERT_EQ(out.channels, 1);
  for (const uint8_t value : out.pixels) EXPECT_NEAR(value, 127, 6);
}

TEST(Resize, HiddenColoursDoNotBleed) {
  Image image(16, 16, 4);
  for (int y = 0; y < 16; ++y) {
    for (int x = 0; x < 16; ++x) {
      uint8_t* pixel = image.at(x, y);
      pixel[x < 8 ? 0 : 1] = 255;  // opaque red beside transparent green
      pixel[3] = x < 8 ? 255 : 0;
    }
  }
  const Image out = resize(image, 5, 5);
  ASSERT_EQ(out.channels, 4);
  EXPECT_EQ(out.at(0, 2)[0], 255);
  EXPECT_LT(out.at(2, 2)[1], 8);
  EXPECT_LT(out.at(4, 2)[3], 8);
}

TEST(Resize, ImpossibleSizesAreRefused) {
  const Image image = make_picture(4, 4, 3);
  expect_error(ErrorKind::kInvalidInput, "0x4", [&] { resize(image, 0, 4); });
  expect_error(ErrorKind::kInvalidInput, "-1", [&] { resize(image, 4, -1); });
  expect_error(
      ErrorKind::kInvalidInput, "1000000x1000000", [&] { resize(image, 1000000, 1000000); });
  expect_error(ErrorKind::kInvalidInput, "0x0", [&] { resize(Image(), 4, 4); });
}

TEST(Crop, TakesTheRectangle) {
  const Image image = make_picture(20, 10, 3);
  const Image out = crop(image, 7, 3, 13, 7);
  EXPECT_EQ(out.width, 13);
  EXPECT_EQ(std::vector<uint8_t>(out.at(12, 6), out.at(12, 6) + 3),
            std::vector<uint8_t>(image.at(19, 9), image.at(19, 9) + 3));
  expect_error(ErrorKind::kInvalidInput, "not inside", [&] { crop(image, 8, 3, 13, 7); });
  expect_error(ErrorKind::kInvalidInput, "not inside", [&] { crop(image, -1, 0, 2, 2); });
  expect_error(ErrorKind::kInvalidInput, "not inside", [&] { crop(image, 2147483647, 0, 1, 1); });
}

TEST(FitSquare, KeepsTheCentre) {
  Image image(30, 10, 1);
  for (int y = 0; y < 10; ++y) {
    for (int x = 10; x < 20; ++x) *image.at(x, y) = 255;
  }
  for (const uint8_t value : fit_square(image, 6).pixels) EXPECT_EQ(value, 255);
}

TEST(ToRgb, LaysTransparencyOnWhite) {
  Image image(2, 1, 4);
  image.pixels = {10, 20, 30, 255, 10, 20, 30, 0};
  EXPECT_EQ(to_rgb(image).pixels, (std::vector<uint8_t>{10, 20, 30, 255, 255, 255}));
  Image grey(1, 1, 1);
  grey.pixels = {7};
  EXPECT_EQ(to_rgb(grey).pixels, (std::vector<uint8_t>{7, 7, 7}));
}

TEST(Resize, ExtendingRepeatsTheEdges) {
  const Image image = make_picture(5, 4, 3);
  const Image out = extend(image, 8, 6);
  EXPECT_EQ(crop(out, 0, 0, 5, 4), image);
  for (int c = 0; c < 3; ++c) {
    EXPECT_EQ(out.at(7, 2)[c], image.at(4, 2)[c]);
    EXPECT_EQ(out.at(7, 5)[c], image.at(4, 3)[c]);
  }
  EXPECT_THROW(extend(image, 4, 6), Error);
}

}  // namespace
}  // namespace lienzo::image
