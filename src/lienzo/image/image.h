#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace lienzo::image {

/// The largest picture read, written or composed: 2^28 pixels, about 16 000 x 16 000. A header may
/// claim any size; beyond this it is refused before a byte of memory is reserved for it.
inline constexpr int64_t kMaxPixels = int64_t{1} << 28;

/// An 8-bit sRGB picture: rows top to bottom, channels interleaved, no padding.
struct Image {
  int width = 0;
  int height = 0;
  int channels = 3;  // 1 grey, 3 RGB, 4 RGBA
  std::vector<uint8_t> pixels;

  Image() = default;
  Image(int w, int h, int c)
      : width(w), height(h), channels(c), pixels(static_cast<size_t>(w) * h * c) {}
  uint8_t* at(int x, int y) {
    return pixels.data() + (static_cast<size_t>(y) * width + x) * channels;
  }
  const uint8_t* at(int x, int y) const {
    return pixels.data() + (static_cast<size_t>(y) * width + x) * channels;
  }
  bool operator==(const Image&) const = default;
};

}  // namespace lienzo::image
