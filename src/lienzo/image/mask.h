#pragma once

#include <optional>

#include "lienzo/image/image.h"

/// Masks: one channel, 255 where a picture is painted anew, 0 where it is kept.
namespace lienzo::image {

/// A rectangle of pixels.
struct Rect {
  int x = 0, y = 0, width = 0, height = 0;
  bool operator==(const Rect&) const = default;
};

/// The brightness of any picture (ITU-R BT.601 luma) as a mask; transparent pixels are laid on
/// black, so that a brush stroke on nothing is a mask too.
Image to_mask(const Image& image);

/// Softened by a Gaussian of deviation `sigma` pixels; 0 changes nothing.
Image blur(const Image& image, double sigma);

/// The smallest rectangle that holds all pixels of `mask` of at least `threshold`, if there is any.
std::optional<Rect> painted_area(const Image& mask, int threshold = 1);

/// `area` grown by `padding` on each side, then widened or heightened towards the aspect
/// width : height, and moved rather than cut so that it stays inside a picture of the given size.
/// Where the picture is too small for that, the result has another aspect.
Rect expand_area(const Rect& area, int padding, int width, int height, const Image& picture);

/// `above` where the mask is 255, `below` where it is 0, mixed between. All of the same size; RGB
/// pictures, mask of one channel. @throws kInvalidInput for others
Image blend(const Image& below, const Image& above, const Image& mask);

/// `below` with `patch` laid on it, its top left corner at (x, y) and inside.
/// @throws kInvalidInput unless it fits and channels agree
Image paste(const Image& below, const Image& patch, int x, int y);

}  // namespace lienzo::image
