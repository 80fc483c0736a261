#include "lienzo/http/sdapi_pictures.h"

#include <algorithm>

#include "lienzo/image/resize.h"

namespace lienzo::http {
namespace {

// The pixels of `picture` with its top left corner at (x, y) of a canvas; what lies outside of the
// picture repeats its nearest edge.
image::Image placed(const image::Image& picture, int x, int y, int width, int height) {
  image::Image out(width, height, picture.channels);
  for (int row = 0; row < height; ++row) {
    for (int column = 0; column < width; ++column) {
      const uint8_t* from = picture.at(std::clamp(column - x, 0, picture.width - 1),
                                       std::clamp(row - y, 0, picture.height - 1));
      std::copy(from, from + picture.channels, out.at(column, row));
    }
  }
  return out;
}

// `above`, with transparency, laid on RGB.
void lay_on(image::Image& below, const image::Image& above) {
  for (size_t i = 0; i < below.pixels.size() / 3; ++i) {
    const int alpha = above.pixels[4 * i + 3];
    for (size_t c = 0; c < 3; ++c) {
      uint8_t& value = below.pixels[3 * i + c];
      value = static_cast<uint8_t>((above.pixels[4 * i + c] * alpha + value * (255 - alpha) + 127) /
                                   255);
    }
  }
}

}  // namespace

image::Image resize_keeping_aspect(const image::Image& picture,
                                   int width,
                                   int height,
                                   KeepAspect how) {
  const bool wider = static_cast<int64_t>(width) * picture.height >
                     static_cast<int64_t>(picture.width) * height;  // than the picture
  const bool full_width = how == KeepAspect::kCrop ? wider : !wider;
  const auto scaled = [](int side, int other, int by) {
    return std::max<int>(1, static_cast<int>(static_cast<int64_t>(side) * other / by));
  };
  const int inner_width = full_width ? width : scaled(picture.width, height, picture.height);
  const int inner_height = full_width ? scaled(picture.height, width, picture.width) : height;
  return placed(image::resize(picture, inner_width, inner_height),
                width / 2 - inner_width / 2,
                height / 2 - inner_height / 2,
                width,
                height);
}

// masking.fill() lays blurs of several radii on each other, the finest last; shrinking and
// enlarging is the same for a fraction of the work.
image::Image fill_from_surroundings(const image::Image& picture, const image::Image& mask) {
  image::Image kept(picture.width, picture.height, 4);
  for (size_t i = 0; i < mask.pixels.size(); ++i) {
    std::copy_n(picture.pixels.begin() + static_cast<ptrdiff_t>(3 * i),
                3,
                kept.pixels.begin() + static_cast<ptrdiff_t>(4 * i));
    kept.pixels[4 * i + 3] = static_cast<uint8_t>(255 - mask.pixels[i]);
  }
  image::Image filled(picture.width, picture.height, 3);
  for (const int factor : {256, 64, 16, 4}) {
    const image::Image small = image::resize(
        kept, std::max(1, picture.width / factor), std::max(1, picture.height / factor));
    lay_on(filled, image::resize(small, picture.width, picture.height));
  }
  lay_on(filled, kept);
  return filled;
}

}  // namespace lienzo::http
