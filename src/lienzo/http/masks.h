#pragma once

#include <string>
#include <string_view>

#include "lienzo/image/image.h"

/// Masks as other programs send them, made into ours: one channel, 255 where a picture is painted
/// anew. The bytes have gone through keep_picture().
namespace lienzo::http {

/// OpenAI's: what is fully transparent is painted. Throws HttpError(400) for `field` when nothing
/// is.
image::Image mask_from_holes(std::string_view bytes, const std::string& field);

/// AUTOMATIC1111's: what is white is painted; of a picture with transparency, what is opaque.
image::Image mask_from_strokes(std::string_view bytes);

/// The bytes of a PNG.
std::string png_bytes(const image::Image& image);

}  // namespace lienzo::http
