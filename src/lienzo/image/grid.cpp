#include "lienzo/image/grid.h"

#include <fmt/format.h>

#include <algorithm>

#include "lienzo/base/error.h"
#include "lienzo/image/resize.h"
#include "lienzo/image/vips_runtime.h"

namespace lienzo::image {
namespace {

constexpr double kLabelPoints = 8;
constexpr int kLineHeight = 13;  // pixels, of kLabelPoints at 96 dots per inch
constexpr int kMaxLabelHeight = 3 * kLineHeight;
constexpr int kLabelMargin = 2;

Image blank(int64_t width, int64_t height) {
  if (std::max(width, height) > kMaxPixels || width * height > kMaxPixels) {
    throw Error(ErrorKind::kInvalidInput,
                fmt::format("[image] a sheet of {}x{} pixels is too large, expected at most "
                            "{} in all; use fewer or smaller pictures",
                            width,
                            height,
                            kMaxPixels));
  }
  Image image(static_cast<int>(width), static_cast<int>(height), 3);
  std::fill(image.pixels.begin(), image.pixels.end(), uint8_t{255});
  return image;
}

// The label as black on white RGB, at most max_height high; empty for a blank label.
Image label_strip(std::string_view text, int width, int max_height) {
  const Image mask = render_text(text, kLabelPoints, width);
  if (mask.pixels.empty()) return {};
  Image strip = blank(std::min(mask.width, width), std::min(mask.height, max_height));
  for (int y = 0; y < strip.height; ++y) {
    for (int x = 0; x < strip.width; ++x) {
      std::fill_n(strip.at(x, y), 3, static_cast<uint8_t>(255 - *mask.at(x, y)));
    }
  }
  return strip;
}

}  // namespace

Image labelled_grid(const std::vector<Image>& images,
                    const std::vector<std::string>& labels,
                    int columns,
                    int gap) {
  if (images.empty() || columns < 1 || gap < 0) {
    throw Error(
        ErrorKind::kInvalidInput,
        fmt::format(
            "[image] grid of {} pictures in {} columns with gap {}, expected at least one picture, "
            "one column and no negative gap",
            images.size(),
            columns,
            gap));
  }
  if (!labels.empty() && labels.size() != images.size()) {
    throw Error(
        ErrorKind::kInvalidInput,
        fmt::format("[image] grid got {} labels for {} pictures", labels.size(), images.size()));
  }
  int64_t cell_width = 0, picture_height = 0;
  for (const Image& image : images) {
    check_image(image, "[image] grid");
    cell_width = std::max<int64_t>(cell_width, image.width);
    picture_height = std::max<int64_t>(picture_height, image.height);
  }
  std::vector<Image> strips;
  int64_t label_height = 0;
  for (const std::string& label : labels) {
    strips.push_back(label_strip(label, static_cast<int>(cell_width), kMaxLabelHeight));
    label_height = std::max<int64_t>(label_height, strips.back().height);
  }
  if (label_height > 0) label_height += kLabelMargin;

  const auto count = static_cast<int64_t>(images.size());
  const int64_t used_columns = std::min<int64_t>(columns, count);
  const int64_t rows = (count + used_columns - 1) / used_columns;
  const int64_t step_x = cell_width + gap, step_y = picture_height + label_height + gap;
  Image sheet = blank(used_columns * step_x + gap, rows * step_y + gap);
  for (int64_t i = 0; i < count; ++i) {
    const auto left = static_cast<int>(gap + i % used_columns * step_x);
    const auto top = static_cast<int>(gap + i / used_columns * step_y);
    const Image& image = images[i];
    paste(sheet,
          to_rgb(image),
          left + static_cast<int>(cell_width - image.width) / 2,
          top + static_cast<int>(picture_height - image.height) / 2);
    if (!strips.empty() && !strips[i].pixels.empty()) {
      paste(sheet, strips[i], left, top + static_cast<int>(picture_height) + kLabelMargin);
    }
  }
  return sheet;
}

Image grid(const std::vector<Image>& images, int columns, int gap) {
  return labelled_grid(images, {}, columns, gap);
}

Image draw_label(const Image& image, std::string_view text) {
  Image picture = to_rgb(image);
  const Image strip = label_strip(text, picture.width, static_cast<int>(kMaxPixels));
  if (strip.pixels.empty()) return picture;
  Image out = blank(picture.width, int64_t{picture.height} + kLabelMargin + strip.height);
  paste(out, picture, 0, 0);
  paste(out, strip, 0, picture.height + kLabelMargin);
  return out;
}

}  // namespace lienzo::image
