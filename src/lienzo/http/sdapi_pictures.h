#pragma once

#include "lienzo/image/image.h"

/// What AUTOMATIC1111 does to a picture before it is repainted (modules/images.py, masking.py).
namespace lienzo::http {

/// Its resize modes that keep the aspect: the middle cut out, or the whole picture with its edges
/// drawn out over what is missing. RGB or one channel.
enum class KeepAspect { kCrop, kFill };
image::Image resize_keeping_aspect(const image::Image& picture,
                                   int width,
                                   int height,
                                   KeepAspect how);

/// Inpainting mode "fill": what is white in `mask` takes on the blurred colours around it. RGB and
/// a mask of the same size.
image::Image fill_from_surroundings(const image::Image& picture, const image::Image& mask);

}  // namespace lienzo::http
