#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "lienzo/image/image.h"

namespace lienzo::image {

using Colour = std::array<uint8_t, 3>;  // red, green, blue

inline constexpr Colour kBlack = {0, 0, 0};
inline constexpr Colour kWhite = {255, 255, 255};

/// An outline `thickness` pixels wide, growing inwards from the corners (x0, y0) and (x1, y1), both
/// included and in any order. What lies outside the picture is not drawn. Opaque on RGBA, the mean
/// of `colour` on grey.
void draw_rectangle(Image& image, int x0, int y0, int x1, int y1, Colour colour, int thickness = 1);

/// `text` as coverage, 0..255 in one channel, in DejaVu Sans (else the system's sans-serif face):
/// as wide as it needs, or wrapped at max_width pixels if that is positive (a longer word still
/// sticks out). An empty picture for blank text. `points` is the size at 96 dots per inch.
/// @throws kUnsupported if the system has no fonts at all
Image render_text(std::string_view text, double points = 9, int max_width = 0);

/// Draws `text` with its top left corner at (x, y); what lies outside the picture is not drawn.
void draw_text(Image& image, int x, int y, std::string_view text, Colour colour, double points = 9);

/// Copies `source` (RGB) onto `image` (RGB) with its top left corner at (x, y), clipped.
void paste(Image& image, const Image& source, int x, int y);

}  // namespace lienzo::image
