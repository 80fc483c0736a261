#pragma once

#include "lienzo/image/image.h"

namespace lienzo::image {

/// `image` at exactly width x height: Lanczos with three lobes, its kernel widened when shrinking,
/// so that fine patterns average instead of flickering. Aspect is not kept. RGBA is weighted by its
/// alpha. @throws kInvalidInput for sizes below 1 or above kMaxPixels in all
Image resize(const Image& image, int width, int height);

/// The rectangle of width x height pixels whose top left corner is (x, y).
/// @throws kInvalidInput unless it lies inside `image`
Image crop(const Image& image, int x, int y, int width, int height);

/// `image` with its right column and its bottom row repeated up to width x height.
/// @throws kInvalidInput where that is smaller than `image`
Image extend(const Image& image, int width, int height);

/// The largest centred square of `image`, at size x size: what training on pictures of any shape
/// uses.
Image fit_square(const Image& image, int size);

/// RGB from 1, 3 or 4 channels; RGBA is laid on white.
Image to_rgb(const Image& image);

}  // namespace lienzo::image
