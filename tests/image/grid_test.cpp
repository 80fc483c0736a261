#include "lienzo/image/grid.h"

#include <algorithm>

#include "pictures.h"

namespace lienzo::image {
namespace {

Image filled(int width, int height, Colour colour) {
  Image image(width, height, 3);
  for (int i = 0; i < width * height; ++i)
    std::copy_n(colour.begin(), 3, image.pixels.begin() + 3 * i);
  return image;
}

Colour pixel(const Image& image, int x, int y) {
  const uint8_t* at = image.at(x, y);
  return {at[0], at[1], at[2]};
}

int dark_pixels(const Image& image, int top, int bottom) {
  int count = 0;
  for (int y = top; y < bottom; ++y) {
    for (int x = 0; x < image.width; ++x) count += image.at(x, y)[0] < 128;
  }
  return count;
}

constexpr Colour kRed = {200, 0, 0};
constexpr Colour kBlue = {0, 0, 200};

TEST(Grid, PlacesPicturesRowByRow) {
  const Image sheet = grid({filled(10, 8, kRed), filled(10, 8, kBlue), filled(6, 4, kBlack)}, 2, 3);
  ASSERT_EQ(sheet.width, 3 + 13 + 13);
  ASSERT_EQ(sheet.height, 3 + 11 + 11);
  EXPECT_EQ(pixel(sheet, 2, 2), kWhite);
  EXPECT_EQ(pixel(sheet, 3, 3), kRed);
  EXPECT_EQ(pixel(sheet, 12, 10), kRed);
  EXPECT_EQ(pixel(sheet, 13, 10), kWhite);
  EXPECT_EQ(pixel(sheet, 16, 3), kBlue);
  EXPECT_EQ(pixel(sheet, 4, 17), kWhite);  // the smaller one is centred
  EXPECT_EQ(pixel(sheet, 5, 16), kBlack);
  EXPECT_EQ(pixel(sheet, 20, 20), kWhite);
}

TEST(Grid, IsAsNarrowAsItsPicturesAndTakesAnyChannels) {
  const Image sheet = grid({make_picture(5, 5, 1), make_picture(5, 5, 4)}, 10, 0);
  EXPECT_EQ(sheet.width, 10);
  EXPECT_EQ(sheet.height, 5);
  EXPECT_EQ(sheet.channels, 3);
  EXPECT_EQ(grid({make_picture(5, 5, 3)}, 1, 0), make_picture(5, 5, 3));
}

TEST(Grid, ImpossibleOnesAreRefused) {
  const std::vector<Image> one = {make_picture(4, 4, 3)};
  expect_error(ErrorKind::kInvalidInput, "0 pictures", [] { grid({}, 1); });
  expect_error(ErrorKind::kInvalidInput, "0 columns", [&] { grid(one, 0); });
  expect_error(ErrorKind::kInvalidInput, "gap -1", [&] { grid(one, 1, -1); });
  expect_error(ErrorKind::kInvalidInput, "too large", [&] { grid(one, 1, 2000000000); });
  expect_error(ErrorKind::kInvalidInput, "2 labels for 1", [&] {
    labelled_grid(one, {"a", "b"}, 1);
  });
}

TEST(LabelledGrid, WritesUnderThePictures) {
  const std::vector<Image> images(2, filled(80, 20, kRed));
  const Image plain = grid(images, 2, 4);
  EXPECT_EQ(labelled_grid(images, {"", " "}, 2, 4), plain);
  const Image sheet = labelled_grid(images, {"un cañón", ""}, 2, 4);
  EXPECT_EQ(sheet.width, plain.width);
  ASSERT_GT(sheet.height, plain.height + 6);
  EXPECT_GT(dark_pixels(sheet, 25, sheet.height), 20);
  for (int y = 25; y < sheet.height; ++y) {
    for (int x = 88; x < sheet.width; ++x) EXPECT_EQ(pixel(sheet, x, y), kWhite);
  }
}

TEST(LabelledGrid, CutsLongLabels) {
  const std::vector<Image> images(1, filled(60, 20, kRed));
  std::string label;
  for (int i = 0; i < 200; ++i) label += "palabra ";
  const Image sheet = labelled_grid(images, {label}, 1, 0);
  EXPECT_EQ(sheet.width, 60);
  EXPECT_LE(sheet.height, 20 + 2 + 39);
}

TEST(DrawLabel, GrowsDownwards) {
  const Image image = filled(120, 30, kRed);
  const Image out = draw_label(image, "<b>hola</b> & adiós");
  EXPECT_EQ(out.width, 120);
  ASSERT_GT(out.height, 40);
  EXPECT_EQ(pixel(out, 60, 29), kRed);
  EXPECT_GT(dark_pixels(out, 31, out.height), 20);
  EXPECT_EQ(draw_label(image, ""), image);
}

TEST(RenderText, TakesMarkupAndBadBytesAsText) {
  EXPECT_GT(render_text("<b>a</b>").width, 2 * render_text("a").width);
  EXPECT_GT(render_text("caf\xe9").width, 0);
  EXPECT_TRUE(render_text(" \n").pixels.empty());
  EXPECT_GT(render_text("una frase algo más larga", 9, 40).height,
            render_text("una", 9).height * 2);
  EXPECT_GT(render_text("a", 30).height, render_text("a", 10).height);
}

TEST(DrawText, IsClipped) {
  Image image = filled(20, 10, kWhite);
  draw_text(image, -5, -3, "HOLA", kBlack);
  EXPECT_GT(dark_pixels(image, 0, 10), 3);
  const Image before = image;
  draw_text(image, 1000, 1000, "HOLA", kBlack);
  EXPECT_EQ(image, before);
}

TEST(DrawRectangle, OutlinesAndClips) {
  Image image = filled(12, 10, kWhite);
  draw_rectangle(image, 8, 6, 2, 1, kRed, 2);
  EXPECT_EQ(pixel(image, 2, 1), kRed);
  EXPECT_EQ(pixel(image, 8, 6), kRed);
  EXPECT_EQ(pixel(image, 3, 2), kRed);
  EXPECT_EQ(pixel(image, 4, 3), kWhite);
  EXPECT_EQ(pixel(image, 9, 6), kWhite);
  EXPECT_EQ(pixel(image, 1, 1), kWhite);
  Image other = filled(12, 10, kWhite);
  draw_rectangle(other, -2147483647, 4, 2147483647, 2147483647, kBlue);
  EXPECT_EQ(pixel(other, 0, 4), kBlue);
  EXPECT_EQ(pixel(other, 11, 4), kBlue);
  EXPECT_EQ(pixel(other, 0, 5), kWhite);
  Image grey(3, 3, 1);
  draw_rectangle(grey, 0, 0, 2, 2, {30, 60, 90});
  EXPECT_EQ(*grey.at(0, 0), 60);
  EXPECT_EQ(*grey.at(1, 1), 0);
}

TEST(Paste, IsClipped) {
  Image image = filled(6, 6, kWhite);
  paste(image, filled(4, 4, kRed), -2, -2);
  paste(image, filled(4, 4, kBlue), 4, 4);
  paste(image, filled(4, 4, kBlue), 100, -100);
  EXPECT_EQ(pixel(image, 1, 1), kRed);
  EXPECT_EQ(pixel(image, 2, 1), kWhite);
  EXPECT_EQ(pixel(image, 5, 5), kBlue);
  EXPECT_EQ(pixel(image, 3, 4), kWhite);
}

}  // namespace
}  // namespace lienzo::image
