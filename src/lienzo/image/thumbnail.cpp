#include "lienzo/image/thumbnail.h"

#include <algorithm>
#include <cmath>

#include "lienzo/image/io.h"
#include "lienzo/image/resize.h"

namespace lienzo::image {

std::vector<std::byte> thumbnail(const Image& image, int side, int quality) {
  const double scale =
      std::min(1.0, static_cast<double>(side) / std::max(image.width, image.height));
  const auto scaled = [&](int pixels) {
    return std::max(1, static_cast<int>(std::lround(pixels * scale)));
  };
  const WriteOptions options{.quality = quality};
  if (scale == 1) return encode_image(image, "webp", options);
  return encode_image(resize(image, scaled(image.width), scaled(image.height)), "webp", options);
}

}  // namespace lienzo::image
