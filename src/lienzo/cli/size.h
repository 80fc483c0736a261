#pragma once

#include <string_view>

namespace lienzo::cli {

struct PictureSize {
  int width = 0;   // pixels
  int height = 0;  // pixels
};

/// Reads "256x128" (width x height) or "256" (both). Throws Error(kInvalidInput) for other text,
/// for zero and for sides above 16384.
PictureSize parse_size(std::string_view text);

}  // namespace lienzo::cli
