#pragma once

#include <gtest/gtest.h>
#include <zlib.h>

#include <cmath>
#include <filesystem>
#include <string>
#include <vector>

#include "lienzo/base/error.h"
#include "lienzo/image/byte_io.h"
#include "lienzo/image/image.h"

namespace lienzo::image {

/// A smooth picture with a different value in every channel, so that swapped channels, rows or
/// columns show; lossy formats keep it within a few units.
inline Image make_picture(int width, int height, int channels) {
  Image image(width, height, channels);
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      const int values[4] = {40 + 160 * x / width,
                             60 + 120 * y / height,
                             200 - 100 * x / width,
                             255 - 128 * y / height};
      for (int c = 0; c < channels; ++c) image.at(x, y)[c] = static_cast<uint8_t>(values[c]);
    }
  }
  return image;
}

inline double mean_difference(const Image& a, const Image& b) {
  if (a.pixels.size() != b.pixels.size()) return 255;
  double sum = 0;
  for (size_t i = 0; i < a.pixels.size(); ++i) sum += std::abs(int{a.pixels[i]} - int{b.pixels[i]});
  return sum / static_cast<double>(a.pixels.size());
}

/// A fresh folder that is removed at the end of the test.
class ScratchFolder {
 public:
  ScratchFolder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "lienzo-image-XXXXXX").string();
    path_ = ::mkdtemp(pattern.data());
  }
  ~ScratchFolder() { std::filesystem::remove_all(path_); }
  ScratchFolder(const ScratchFolder&) = delete;
  ScratchFolder& operator=(const ScratchFolder&) = delete;
  std::filesystem::path operator/(std::string_view name) const { return path_ / name; }
  const std::filesystem::path& path() const { return path_; }
  size_t count() const {
    return static_cast<size_t>(std::distance(std::filesystem::directory_iterator(path_),
                                             std::filesystem::directory_iterator()));
  }

 private:
  std::filesystem::path path_;
};

inline void append_png_chunk(std::vector<std::byte>& out,
                             std::string_view type,
                             std::string_view payload) {
  append_be(out, static_cast<uint32_t>(payload.size()), 4);
  const size_t from = out.size();
  append(out, type);
  append(out, payload);
  const auto* data = reinterpret_cast<const Bytef*>(out.data() + from);
  append_be(out, static_cast<uint32_t>(crc32_z(0, data, out.size() - from)), 4);
}

template <typename Function>
void expect_error(ErrorKind kind, std::string_view part, Function function) {
  try {
    function();
    ADD_FAILURE() << "no error, expected one that says: " << part;
  } catch (const Error& error) {
    EXPECT_EQ(name(error.kind()), name(kind)) << error.what();
    EXPECT_NE(std::string_view(error.what()).find(part), std::string_view::npos) << error.what();
  }
}

}  // namespace lienzo::image
