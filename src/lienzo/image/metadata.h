#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace lienzo::image {

// Texts inside picture files, written and read at the level of chunks and segments. libvips has its
// own way to carry text, but it writes PNG text as Latin-1 chunks and EXIF comments as ASCII, which
// loses every accent.

enum class Format { kPng, kJpeg, kWebp };
using TextEntries = std::vector<std::pair<std::string, std::string>>;
using TextMap = std::map<std::string, std::string>;

/// The keyword that goes to the EXIF UserComment of JPEG and WebP files.
inline constexpr std::string_view kUserCommentKey = "parameters";

/// The format by its signature; nothing if it is none of the three.
std::optional<Format> sniff_format(std::span<const std::byte> bytes);

/// Throws kInvalidInput unless `key` is a valid keyword (see WriteOptions) and `text` is UTF-8
/// without NUL.
void check_text(std::string_view key, std::string_view text);

/// A copy of the file `encoded`, which comes from libvips and has `width` x `height` pixels, that
/// carries `text` and no other.
/// @throws kUnsupported if a JPEG, whose segments end at 64 KiB, cannot hold it
std::vector<std::byte> embed_text(std::span<const std::byte> encoded,
                                  Format format,
                                  int width,
                                  int height,
                                  const TextEntries& text);

/// The texts in a file; damaged parts are passed over.
TextMap extract_text(std::span<const std::byte> bytes, Format format);

// The PNG half, in metadata_png.cpp.
std::vector<std::byte> embed_png_text(std::span<const std::byte> encoded, const TextEntries& text);
TextMap extract_png_text(std::span<const std::byte> bytes);

/// What is wrong with the frame of a PNG file: a chunk cut off, a checksum of a chunk that matters,
/// no end. Nothing if it is sound. libvips would reserve the memory that a header asks for first.
std::optional<std::string> find_png_damage(std::span<const std::byte> bytes);

}  // namespace lienzo::image
