#pragma once

#include <cstddef>
#include <vector>

#include "lienzo/image/image.h"

namespace lienzo::image {

/// A WebP file of `image` with its longer side shrunk to `side` pixels, the other rounded to the
/// nearest, at least 1; a smaller picture keeps its size. `quality` is 1 to 100.
std::vector<std::byte> thumbnail(const Image& image, int side, int quality);

}  // namespace lienzo::image
