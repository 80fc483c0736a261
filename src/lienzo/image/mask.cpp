#include "lienzo/image/mask.h"

#include <fmt/format.h>
#include <vips/vips.h>

#include <algorithm>
#include <cmath>
#include <cstring>

#include "lienzo/base/error.h"
#include "lienzo/image/vips_runtime.h"

namespace lienzo::image {
namespace {

constexpr std::string_view kMaskWhere = "[image] mask";

[[noreturn]] void refuse(const std::string& what) {
  throw Error(ErrorKind::kInvalidInput, fmt::format("{}: {}", kMaskWhere, what));
}

// Moves [begin, begin + length) into [0, limit), shortened where it is longer.
void fit(int& begin, int& length, int limit) {
  length = std::min(length, limit);
  begin = std::clamp(begin, 0, limit - length);
}

}  // namespace

Image to_mask(const Image& image) {
  check_image(image, kMaskWhere);
  if (image.channels == 1) return image;
  Image out(image.width, image.height, 1);
  for (size_t i = 0; i < out.pixels.size(); ++i) {
    const uint8_t* from = image.pixels.data() + i * image.channels;
    const int luma = (299 * from[0] + 587 * from[1] + 114 * from[2] + 500) / 1000;
    out.pixels[i] = static_cast<uint8_t>(image.channels == 4 ? (luma * from[3] + 127) / 255 : luma);
  }
  return out;
}

Image blur(const Image& image, double sigma) {
  VipsHandle view = wrap(image, kMaskWhere);
  if (!(sigma > 0)) return image;
  VipsImage* out = nullptr;
  // Edges are repeated first: beyond them libvips sees black.
  const int margin = static_cast<int>(3 * sigma) + 1;
  if (vips_embed(view.get(),
                 &out,
                 margin,
                 margin,
                 image.width + 2 * margin,
                 image.height + 2 * margin,
                 "extend",
                 VIPS_EXTEND_COPY,
                 nullptr)) {
    throw_vips_error(ErrorKind::kInternal, kMaskWhere);
  }
  const VipsHandle wide(out);
  if (vips_gaussblur(
          wide.get(), &out, sigma, "min_ampl", 0.005, "precision", VIPS_PRECISION_FLOAT, nullptr))
    throw_vips_error(ErrorKind::kInternal, kMaskWhere);
  const VipsHandle soft(out);
  if (vips_extract_area(soft.get(), &out, margin, margin, image.width, image.height, nullptr))
    throw_vips_error(ErrorKind::kInternal, kMaskWhere);
  const VipsHandle cut(out);
  if (vips_rint(cut.get(), &out, nullptr)) throw_vips_error(ErrorKind::kInternal, kMaskWhere);
  const VipsHandle whole(out);
  if (vips_cast_uchar(whole.get(), &out, nullptr))
    throw_vips_error(ErrorKind::kInternal, kMaskWhere);
  const VipsHandle bytes(out);
  return to_image(bytes.get(), ErrorKind::kInternal, kMaskWhere);
}

std::optional<Rect> painted_area(const Image& mask, int threshold) {
  check_image(mask, kMaskWhere);
  if (mask.channels != 1) refuse("expected one channel");
  int left = mask.width, right = -1, top = mask.height, bottom = -1;
  for (int y = 0; y < mask.height; ++y) {
    for (int x = 0; x < mask.width; ++x) {
      if (*mask.at(x, y) < threshold) continue;
      left = std::min(left, x);
      right = std::max(right, x);
      top = std::min(top, y);
      bottom = y;
    }
  }
  if (right < 0) return std::nullopt;
  return Rect{left, top, right - left + 1, bottom - top + 1};
}

Rect expand_area(const Rect& area, int padding, int width, int height, const Image& picture) {
  Rect grown{
      area.x - padding, area.y - padding, area.width + 2 * padding, area.height + 2 * padding};
  const int left = std::max(grown.x, 0), top = std::max(grown.y, 0);
  grown.width = std::min(grown.x + grown.width, picture.width) - left;
  grown.height = std::min(grown.y + grown.height, picture.height) - top;
  grown.x = left;
  grown.y = top;
  const double aspect = static_cast<double>(width) / height;
  const int wanted_width = static_cast<int>(std::lround(grown.height * aspect));
  const int wanted_height = static_cast<int>(std::lround(grown.width / aspect));
  if (wanted_width > grown.width) {
    grown.x -= (wanted_width - grown.width) / 2;
    grown.width = wanted_width;
  } else if (wanted_height > grown.height) {
    grown.y -= (wanted_height - grown.height) / 2;
    grown.height = wanted_height;
  }
  fit(grown.x, grown.width, picture.width);
  fit(grown.y, grown.height, picture.height);
  return grown;
}

Image blend(const Image& below, const Image& above, const Image& mask) {
  check_image(below, kMaskWhere);
  check_image(above, kMaskWhere);
  check_image(mask, kMaskWhere);
  if (below.channels != 3 || above.channels != 3 || mask.channels != 1)
    refuse("expected two RGB pictures and a mask of one channel");
  for (const Image* other : {&above, &mask}) {
    if (other->width != below.width || other->height != below.height) {
      refuse(fmt::format("{}x{} and {}x{} are not the same size",
                         other->width,
                         other->height,
                         below.width,
                         below.height));
    }
  }
  Image out = below;
  for (size_t i = 0; i < out.pixels.size(); ++i) {
    const int share = mask.pixels[i / 3];
    out.pixels[i] = static_cast<uint8_t>(
        (above.pixels[i] * share + below.pixels[i] * (255 - share) + 127) / 255);
  }
  return out;
}

Image paste(const Image& below, const Image& patch, int x, int y) {
  check_image(below, kMaskWhere);
  check_image(patch, kMaskWhere);
  if (below.channels != patch.channels || x < 0 || y < 0 || patch.width > below.width - x ||
      patch.height > below.height - y) {
    refuse(fmt::format("a patch of {}x{} at ({}, {}) does not fit into {}x{}",
                       patch.width,
                       patch.height,
                       x,
                       y,
                       below.width,
                       below.height));
  }
  Image out = below;
  for (int row = 0; row < patch.height; ++row) {
    std::memcpy(out.at(x, y + row),
                patch.at(0, row),
                static_cast<size_t>(patch.width) * static_cast<size_t>(patch.channels));
  }
  return out;
}

}  // namespace lienzo::image
