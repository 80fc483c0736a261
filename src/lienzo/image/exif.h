#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace lienzo::image {

/// An EXIF block (a TIFF header and two directories, without the JPEG prefix) whose UserComment is
/// `comment`, as "UNICODE\0" and big-endian UTF-16: what AUTOMATIC1111's web interface writes.
/// EXIF 2.32, section 4.6. `comment` is valid UTF-8.
std::vector<std::byte> make_exif(std::string_view comment);

/// The UserComment of an EXIF block in UTF-8, whichever way it was encoded; nothing if there is
/// none or the block is damaged.
std::optional<std::string> read_exif_comment(std::span<const std::byte> exif);

}  // namespace lienzo::image
