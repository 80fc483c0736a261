#pragma once

#include <memory>
#include <string_view>

#include "lienzo/base/error.h"
#include "lienzo/image/image.h"

// Inside the image folder only: the rest of the program sees `Image` and never libvips.
typedef struct _VipsImage VipsImage;  // NOLINT(bugprone-reserved-identifier): its name in libvips

namespace lienzo::image {

struct VipsRelease {
  void operator()(VipsImage* image) const;
};
using VipsHandle = std::unique_ptr<VipsImage, VipsRelease>;

/// Throws kInvalidInput unless `image` is 1..kMaxPixels pixels of 1, 3 or 4 channels with as many
/// bytes as that takes. `where` opens the message, e.g. "[image]".
void check_image(const Image& image, std::string_view where);

/// A libvips view of `image`'s pixels, not a copy: `image` must outlive it. Starts libvips.
VipsHandle wrap(const Image& image, std::string_view where);

/// Computes `source` and copies its pixels; they must be 8-bit of 1, 3 or 4 bands.
Image to_image(VipsImage* source, ErrorKind kind, std::string_view where);

/// Throws `where` + libvips' own words for its last failure.
[[noreturn]] void throw_vips_error(ErrorKind kind, std::string_view where);

}  // namespace lienzo::image
