#pragma once

#include <cstdint>
#include <vector>

namespace lienzo::image {

/// An 8-bit sRGB picture: rows top to bottom, channels interleaved, no padding.
struct Image {
  int width = 0;
  int height = 0;
  int channels = 3;  // 1 grey, 3 RGB, 4 RGBA
  std::vector<uint8_t> pixels;

  Image() = default;
  Image(int w, int h, int c) : width(w), height(h), channels(c), pixels(static_cast<size_t>(w) * h * c) {}
  uint8_t* at(int x, int y) { return pixels.data() + (static_cast<size_t>(y) * width + x) * channels; }
  const uint8_t* at(int x, int y) const { return pixels.data() + (static_cast<size_t>(y) * width + x) * channels; }
  bool operator==(const Image&) const = default;
};

}  // namespace lienzo::image
