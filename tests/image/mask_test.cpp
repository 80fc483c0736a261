#include "lienzo/image/mask.h"

#include "lienzo/base/error.h"
#include "lienzo/image/resize.h"
#include "pictures.h"

namespace lienzo::image {
namespace {

Image disc(int size, int radius) {
  Image mask(size, size, 1);
  for (int y = 0; y < size; ++y) {
    for (int x = 0; x < size; ++x) {
      const int dx = x - size / 2, dy = y - size / 2;
      *mask.at(x, y) = dx * dx + dy * dy <= radius * radius ? 255 : 0;
    }
  }
  return mask;
}

TEST(Mask, TakesBrightnessAndOpacity) {
  Image image(3, 1, 4);
  const uint8_t pixels[] = {255, 255, 255, 255, 255, 255, 255, 0, 0, 255, 0, 255};
  image.pixels.assign(pixels, pixels + 12);
  const Image mask = to_mask(image);
  EXPECT_EQ(mask.pixels, (std::vector<uint8_t>{255, 0, 150}));
}

TEST(Mask, BlurSpreadsAndKeepsTheEdgesOfThePicture) {
  const Image hard = disc(64, 16), soft = blur(hard, 4);
  EXPECT_EQ(*soft.at(32, 32), 255);
  EXPECT_NEAR(*soft.at(32 + 16, 32), 128, 24);
  EXPECT_EQ(*soft.at(2, 2), 0);
  Image full(16, 16, 1);
  std::fill(full.pixels.begin(), full.pixels.end(), 255);
  EXPECT_EQ(blur(full, 5), full);
  EXPECT_EQ(blur(hard, 0), hard);
}

TEST(Mask, FindsThePaintedArea) {
  EXPECT_EQ(painted_area(disc(64, 10)), (Rect{22, 22, 21, 21}));
  EXPECT_EQ(painted_area(Image(8, 8, 1)), std::nullopt);
}

TEST(Mask, ExpandsTowardsAnAspectInsideThePicture) {
  const Image picture(200, 100, 3);
  EXPECT_EQ(expand_area({90, 40, 20, 20}, 10, 64, 64, picture), (Rect{80, 30, 40, 40}));
  EXPECT_EQ(expand_area({90, 40, 20, 20}, 10, 128, 64, picture), (Rect{60, 30, 80, 40}));
  // At an edge it moves instead of being cut.
  EXPECT_EQ(expand_area({0, 0, 20, 40}, 0, 64, 64, picture), (Rect{0, 0, 40, 40}));
  // Too tall for the picture: another aspect.
  EXPECT_EQ(expand_area({0, 0, 200, 20}, 0, 64, 64, picture), (Rect{0, 0, 200, 100}));
}

TEST(Mask, BlendsAndPastes) {
  const Image below(4, 1, 3);
  Image above(4, 1, 3), mask(4, 1, 1);
  std::fill(above.pixels.begin(), above.pixels.end(), 200);
  mask.pixels = {0, 255, 128, 0};
  const Image mixed = blend(below, above, mask);
  EXPECT_EQ(mixed.at(0, 0)[0], 0);
  EXPECT_EQ(mixed.at(1, 0)[0], 200);
  EXPECT_EQ(mixed.at(2, 0)[0], 100);
  EXPECT_THROW(blend(below, above, Image(3, 1, 1)), Error);
  const Image pasted = paste(below, crop(above, 0, 0, 2, 1), 2, 0);
  EXPECT_EQ(pasted.at(1, 0)[0], 0);
  EXPECT_EQ(pasted.at(2, 0)[0], 200);
  EXPECT_THROW(paste(below, above, 1, 0), Error);
}

}  // namespace
}  // namespace lienzo::image
