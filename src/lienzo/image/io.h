#pragma once

#include <cstddef>
#include <filesystem>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "lienzo/image/image.h"

namespace lienzo::image {

/// Starts libvips: thread-safe, once, about 2 ms. Everything here calls it; a program with threads
/// of its own may call it first in main(), because starting touches the environment for a moment.
void start_image_library();

struct ReadOptions {
  bool keep_alpha = false;  // false: transparent pixels are laid on white and the result is RGB
  int64_t max_pixels = kMaxPixels;  // more are refused before decoding
};

/// Reads a PNG, JPEG or WebP picture, told by its first bytes and not by its name: turned upright
/// as its EXIF orientation says, in 8-bit sRGB (an embedded colour profile is applied), 3 channels,
/// or 4 with keep_alpha where the file has transparency. Of an animation, the first frame.
/// @throws kNotFound, kIo; kCorrupt for damaged or truncated files; kUnsupported for other formats
/// and for more than max_pixels, refused before decoding.
Image read_image(const std::filesystem::path& path, const ReadOptions& options = {});

/// As read_image, from memory. `where` names the source in messages.
Image decode_image(std::span<const std::byte> bytes,
                   const ReadOptions& options = {},
                   std::string_view where = "picture in memory");

struct WriteOptions {
  int quality = 92;  // 1..100, JPEG and WebP only
  /// (keyword, UTF-8 text) to carry along. Keywords are letters, digits, '_', '-' and '.', at most
  /// 79, starting with a letter. In PNG each is a text chunk; in JPEG and WebP "parameters" becomes
  /// the EXIF UserComment, where AUTOMATIC1111-style readers look, and the others an XMP packet.
  std::vector<std::pair<std::string, std::string>> text = {};
};

/// The format a file name asks for: "png", "jpg" or "webp", by its extension in any case.
/// @throws kInvalidInput naming the known extensions
std::string format_of(const std::filesystem::path& path);

/// Encodes to `format`: "png", "jpg", "jpeg" or "webp". JPEG lays RGBA on white.
/// The same picture and options give the same bytes.
/// @throws kInvalidInput; kUnsupported where the format cannot hold this size or this much text
std::vector<std::byte> encode_image(const Image& image,
                                    std::string_view format,
                                    const WriteOptions& options = {});

/// Encodes by the extension of `path` and writes it whole or not at all.
/// @throws as encode_image, and kIo
void write_image(const std::filesystem::path& path,
                 const Image& image,
                 const WriteOptions& options = {});

/// The texts a PNG, JPEG or WebP file carries, by keyword, in UTF-8; see WriteOptions::text. Reads
/// no pixels, and passes over what is damaged.
/// @throws kNotFound, kIo, kUnsupported (not one of the three formats)
std::map<std::string, std::string> read_image_text(const std::filesystem::path& path);

/// As read_image_text, from memory.
std::map<std::string, std::string> decode_image_text(std::span<const std::byte> bytes,
                                                     std::string_view where = "picture in memory");

}  // namespace lienzo::image
