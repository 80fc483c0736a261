#include "lienzo/image/resize.h"

#include <fmt/format.h>
#include <vips/vips.h>

#include <algorithm>
#include <cstring>

#include "lienzo/base/error.h"
#include "lienzo/image/vips_runtime.h"

namespace lienzo::image {
namespace {

constexpr std::string_view kResizeWhere = "[image] resize";

template <typename Operation>
void apply(VipsHandle& image, Operation operation) {
  VipsImage* out = nullptr;
  if (operation(image.get(), &out)) throw_vips_error(ErrorKind::kInternal, kResizeWhere);
  image.reset(out);
}

}  // namespace

Image resize(const Image& image, int width, int height) {
  if (width < 1 || height < 1 || static_cast<int64_t>(width) * height > kMaxPixels) {
    throw Error(ErrorKind::kInvalidInput,
                fmt::format("{} to {}x{} is impossible, expected from 1x1 to {} pixels in all",
                            kResizeWhere,
                            width,
                            height,
                            kMaxPixels));
  }
  VipsHandle view = wrap(image, kResizeWhere);
  if (width == image.width && height == image.height) return image;
  const bool alpha = image.channels == 4;
  if (alpha)
    apply(view, [](VipsImage* in, VipsImage** out) { return vips_premultiply(in, out, nullptr); });
  apply(view, [&](VipsImage* in, VipsImage** out) {
    return vips_resize(in,
                       out,
                       static_cast<double>(width) / image.width,
                       "vscale",
                       static_cast<double>(height) / image.height,
                       "kernel",
                       VIPS_KERNEL_LANCZOS3,
                       nullptr);
  });
  if (alpha) {
    apply(view,
          [](VipsImage* in, VipsImage** out) { return vips_unpremultiply(in, out, nullptr); });
    apply(view, [](VipsImage* in, VipsImage** out) {
      return vips_rint(in, out, nullptr);
    });  // the cast truncates
  }
  apply(view, [](VipsImage* in, VipsImage** out) { return vips_cast_uchar(in, out, nullptr); });
  if (vips_image_get_width(view.get()) != width || vips_image_get_height(view.get()) != height) {
    // libvips rounds the scaled size; an odd ratio may end a pixel away, where the edge is
    // repeated.
    apply(view, [&](VipsImage* in, VipsImage** out) {
      return vips_embed(in, out, 0, 0, width, height, "extend", VIPS_EXTEND_COPY, nullptr);
    });
  }
  return to_image(view.get(), ErrorKind::kInternal, kResizeWhere);
}

Image crop(const Image& image, int x, int y, int width, int height) {
  check_image(image, "[image] crop");
  if (x < 0 || y < 0 || width < 1 || height < 1 || width > image.width - x ||
      height > image.height - y) {
    throw Error(ErrorKind::kInvalidInput,
                fmt::format("[image] crop of {}x{} at ({}, {}) is not inside {}x{}",
                            width,
                            height,
                            x,
                            y,
                            image.width,
                            image.height));
  }
  Image out(width, height, image.channels);
  for (int row = 0; row < height; ++row) {
    std::memcpy(out.at(0, row), image.at(x, y + row), static_cast<size_t>(width) * image.channels);
  }
  return out;
}

Image extend(const Image& image, int width, int height) {
  check_image(image, "[image] extend");
  if (width < image.width || height < image.height) {
    throw Error(ErrorKind::kInvalidInput,
                fmt::format("[image] extend to {}x{} is smaller than the picture, {}x{}",
                            width,
                            height,
                            image.width,
                            image.height));
  }
  Image out(width, height, image.channels);
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      const uint8_t* from = image.at(std::min(x, image.width - 1), std::min(y, image.height - 1));
      std::copy_n(from, image.channels, out.at(x, y));
    }
  }
  return out;
}

Image fit_square(const Image& image, int size) {
  const int side = std::min(image.width, image.height);
  return resize(
      crop(image, (image.width - side) / 2, (image.height - side) / 2, side, side), size, size);
}

Image to_rgb(const Image& image) {
  check_image(image, "[image]");
  if (image.channels == 3) return image;
  Image out(image.width, image.height, 3);
  const size_t count = static_cast<size_t>(image.width) * image.height;
  for (size_t i = 0; i < count; ++i) {
    const uint8_t* from = image.pixels.data() + i * image.channels;
    uint8_t* to = out.pixels.data() + i * 3;
    for (int c = 0; c < 3; ++c) {
      if (image.channels == 1) {
        to[c] = from[0];
      } else {
        to[c] = static_cast<uint8_t>((from[c] * from[3] + 255 * (255 - from[3]) + 127) / 255);
      }
    }
  }
  return out;
}

}  // namespace lienzo::image
