#include "lienzo/image/draw.h"

#include <fmt/format.h>
#include <vips/vips.h>

#include <algorithm>
#include <cstring>
#include <memory>
#include <string>

#include "lienzo/base/error.h"
#include "lienzo/image/io.h"
#include "lienzo/image/vips_runtime.h"

namespace lienzo::image {
namespace {

void blend(Image& image, int x, int y, Colour colour, int coverage) {
  if (x < 0 || y < 0 || x >= image.width || y >= image.height) return;
  uint8_t* pixel = image.at(x, y);
  const auto mix = [&](uint8_t& channel, int value) {
    channel = static_cast<uint8_t>((channel * (255 - coverage) + value * coverage + 127) / 255);
  };
  if (image.channels == 1) {
    mix(pixel[0], (colour[0] + colour[1] + colour[2]) / 3);
    return;
  }
  for (int c = 0; c < 3; ++c) mix(pixel[c], colour[c]);
  if (image.channels == 4) mix(pixel[3], 255);
}

void blend_mask(Image& image, const Image& mask, int x, int y, Colour colour) {
  for (int row = 0; row < mask.height; ++row) {
    for (int column = 0; column < mask.width; ++column) {
      blend(image, x + column, y + row, colour, *mask.at(column, row));
    }
  }
}

}  // namespace

void draw_rectangle(Image& image, int x0, int y0, int x1, int y1, Colour colour, int thickness) {
  check_image(image, "[image] rectangle");
  if (x0 > x1) std::swap(x0, x1);
  if (y0 > y1) std::swap(y0, y1);
  for (int y = std::max(y0, 0); y <= std::min(y1, image.height - 1); ++y) {
    const bool edge_row = int64_t{y} - y0 < thickness || int64_t{y1} - y < thickness;
    for (int x = std::max(x0, 0); x <= std::min(x1, image.width - 1); ++x) {
      if (edge_row || int64_t{x} - x0 < thickness || int64_t{x1} - x < thickness)
        blend(image, x, y, colour, 255);
    }
  }
}

Image render_text(std::string_view text, double points, int max_width) {
  start_image_library();
  using GString = std::unique_ptr<char, decltype(&g_free)>;
  const GString valid(g_utf8_make_valid(text.data(), static_cast<gssize>(text.size())), &g_free);
  const std::string_view kept(valid.get());
  if (kept.find_first_not_of(" \t\r\n") == std::string_view::npos) return {};
  const GString markup(g_markup_escape_text(valid.get(), -1),
                       &g_free);  // the text is a text, not markup
  const std::string font = fmt::format("DejaVu Sans,sans {}", points);
  VipsImage* out = nullptr;
  const int failed = vips_text(&out,
                               markup.get(),
                               "font",
                               font.c_str(),
                               "dpi",
                               96,
                               "width",
                               std::max(max_width, 0),
                               "wrap",
                               VIPS_TEXT_WRAP_WORD_CHAR,
                               nullptr);
  if (failed)
    throw_vips_error(ErrorKind::kUnsupported, "[image] cannot draw text; is a font installed?");
  const VipsHandle owner(out);
  return to_image(out, ErrorKind::kInternal, "[image] text");
}

void draw_text(Image& image, int x, int y, std::string_view text, Colour colour, double points) {
  check_image(image, "[image] text");
  blend_mask(image, render_text(text, points), x, y, colour);
}

void paste(Image& image, const Image& source, int x, int y) {
  check_image(image, "[image] paste");
  check_image(source, "[image] paste");
  if (image.channels != 3 || source.channels != 3) {
    throw Error(ErrorKind::kInvalidInput,
                fmt::format("[image] paste of {} channels onto {}, expected 3 and 3",
                            source.channels,
                            image.channels));
  }
  const int from = std::max(0, -x);
  const int to = std::min<int64_t>(source.width, int64_t{image.width} - x);
  if (from >= to) return;
  for (int row = std::max(0, -y); row < source.height && y + row < image.height; ++row) {
    std::memcpy(
        image.at(x + from, y + row), source.at(from, row), static_cast<size_t>(to - from) * 3);
  }
}

}  // namespace lienzo::image
