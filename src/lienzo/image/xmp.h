#pragma once

#include <string>
#include <string_view>

#include "lienzo/image/metadata.h"

namespace lienzo::image {

/// An XMP packet with one element per text, in a namespace of our own (ISO 16684-1). Characters
/// that XML 1.0 cannot hold become U+FFFD. Keywords as in WriteOptions::text.
std::string make_xmp(const TextEntries& text);

/// The texts that make_xmp put in; other XMP properties are passed over.
TextMap read_xmp(std::string_view xmp);

}  // namespace lienzo::image
