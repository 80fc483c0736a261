#pragma once

#include <cstdint>

#include "lienzo/image/image.h"

namespace lienzo::training {

/// Shows how diffusion training turns a picture into noise and back, as a labelled strip: above
/// x_t = (1 - t) x0 + t noise for `columns` times t from 0 to 1; below, Euler steps along the flow
/// from pure noise at the right back to the picture at the left, told the true x0 where a trained
/// network would guess it. Large pictures are shown 160 pixels wide or high. Throws kInvalidInput
/// for an empty picture or columns outside 2..32, kUnsupported without fonts.
image::Image preview_noise(const image::Image& picture, int columns, uint64_t seed);

}  // namespace lienzo::training
