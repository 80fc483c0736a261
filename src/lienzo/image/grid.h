#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "lienzo/image/draw.h"
#include "lienzo/image/image.h"

namespace lienzo::image {

/// `images` row by row in `columns` columns on white, as RGB, with `gap` pixels between and around
/// them. Cells have the size of the largest picture, smaller ones are centred. Fewer pictures than
/// columns give a narrower sheet.
/// @throws kInvalidInput for no pictures, columns < 1, gap < 0 or a sheet above kMaxPixels
Image grid(const std::vector<Image>& images, int columns, int gap = 4);

/// As grid, with labels[i] written under images[i]: wrapped to the cell, at most three lines, cut
/// after that. Labels may be empty; there must be as many as pictures.
Image labelled_grid(const std::vector<Image>& images,
                    const std::vector<std::string>& labels,
                    int columns,
                    int gap = 4);

/// `image` as RGB with `text` in black under it on a white strip, wrapped to its width, whole.
Image draw_label(const Image& image, std::string_view text);

}  // namespace lienzo::image
