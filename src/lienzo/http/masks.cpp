#include "lienzo/http/masks.h"

#include <fmt/format.h>

#include <algorithm>
#include <span>
#include <vector>

#include "lienzo/http/http_error.h"
#include "lienzo/image/io.h"
#include "lienzo/image/mask.h"

namespace lienzo::http {
namespace {

image::Image decode_with_alpha(std::string_view bytes) {
  return image::decode_image(std::as_bytes(std::span(bytes)), {.keep_alpha = true}, "mask");
}

// One channel: 255 where `paints` says so of an alpha value.
template <class Paints>
image::Image from_alpha(const image::Image& picture, Paints paints) {
  image::Image mask(picture.width, picture.height, 1);
  for (size_t i = 0; i < mask.pixels.size(); ++i)
    mask.pixels[i] = paints(picture.pixels[4 * i + 3]) ? 255 : 0;
  return mask;
}

}  // namespace

image::Image mask_from_holes(std::string_view bytes, const std::string& field) {
  const image::Image picture = decode_with_alpha(bytes);
  image::Image mask(picture.width, picture.height, 1);
  if (picture.channels == 4) mask = from_alpha(picture, [](uint8_t alpha) { return alpha == 0; });
  if (std::find(mask.pixels.begin(), mask.pixels.end(), 255) == mask.pixels.end()) {
    throw HttpError(
        400,
        "invalid_image_format",
        fmt::format("Invalid '{}': it has no fully transparent pixels; make transparent "
                    "what is to be painted.",
                    field),
        field);
  }
  return mask;
}

// modules/processing.py, create_binary_mask().
image::Image mask_from_strokes(std::string_view bytes) {
  const image::Image picture = decode_with_alpha(bytes);
  if (picture.channels != 4) return image::to_mask(picture);
  const image::Image mask = from_alpha(picture, [](uint8_t alpha) { return alpha > 128; });
  const bool opaque = std::all_of(
      mask.pixels.begin(), mask.pixels.end(), [](uint8_t value) { return value == 255; });
  return opaque ? image::to_mask(image::decode_image(std::as_bytes(std::span(bytes)))) : mask;
}

std::string png_bytes(const image::Image& image) {
  const std::vector<std::byte> bytes = image::encode_image(image, "png");
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

}  // namespace lienzo::http
