#include "lienzo/image/metadata.h"

#include <fmt/format.h>

#include <algorithm>

#include "lienzo/base/error.h"
#include "lienzo/base/utf8.h"
#include "lienzo/image/byte_io.h"
#include "lienzo/image/exif.h"
#include "lienzo/image/xmp.h"

namespace lienzo::image {
namespace {

using namespace std::string_view_literals;

constexpr auto kPngSignature = "\x89PNG\r\n\x1a\n"sv;
constexpr auto kExifPrefix = "Exif\0\0"sv;
constexpr auto kXmpPrefix = "http://ns.adobe.com/xap/1.0/\0"sv;
constexpr size_t kMaxSegment = 65533;  // a JPEG segment counts its own two length bytes in 16 bits

struct Packets {
  std::vector<std::byte> exif;  // empty when there is no "parameters" text
  std::string xmp;              // empty when there is no other text
};

Packets make_packets(const TextEntries& text) {
  Packets packets;
  TextEntries others;
  for (const auto& [key, value] : text) {
    if (key == kUserCommentKey) {
      packets.exif = make_exif(value);
    } else {
      others.emplace_back(key, value);
    }
  }
  if (!others.empty()) packets.xmp = make_xmp(others);
  return packets;
}

void append_jpeg_segment(std::vector<std::byte>& out,
                         std::string_view prefix,
                         std::span<const std::byte> payload) {
  const size_t size = prefix.size() + payload.size();
  if (size > kMaxSegment) {
    throw Error(
        ErrorKind::kUnsupported,
        fmt::format("[image] the text for this picture takes {} bytes, a JPEG holds at most {}; "
                    "write PNG or WebP",
                    size,
                    kMaxSegment));
  }
  append_be(out, 0xFFE1, 2);
  append_be(out, static_cast<uint32_t>(size + 2), 2);
  append(out, prefix);
  append(out, payload);
}

std::vector<std::byte> embed_jpeg_text(std::span<const std::byte> encoded,
                                       const TextEntries& text) {
  const Packets packets = make_packets(text);
  // After the start marker and the JFIF segment, which must come first.
  size_t insert_at = 2;
  if (encoded.size() >= 6 && read_be(encoded, 2, 2) == 0xFFE0)
    insert_at = 4 + read_be(encoded, 4, 2);
  insert_at = std::min(insert_at, encoded.size());
  std::vector<std::byte> out;
  append(out, encoded.first(insert_at));
  if (!packets.exif.empty()) append_jpeg_segment(out, kExifPrefix, packets.exif);
  if (!packets.xmp.empty())
    append_jpeg_segment(out, kXmpPrefix, std::as_bytes(std::span(packets.xmp)));
  append(out, encoded.subspan(insert_at));
  return out;
}

void add_packets(std::span<const std::byte> exif, std::string_view xmp, TextMap& out) {
  if (const auto comment = read_exif_comment(exif)) out.emplace(kUserCommentKey, *comment);
  out.merge(read_xmp(xmp));
}

TextMap extract_jpeg_text(std::span<const std::byte> bytes) {
  TextMap out;
  size_t offset = 2;
  while (offset + 4 <= bytes.size() && bytes[offset] == std::byte{0xFF}) {
    const auto marker = std::to_integer<int>(bytes[offset + 1]);
    if (marker == 0xFF) {  // fill byte
      ++offset;
      continue;
    }
    if (marker == 0xDA || marker == 0xD9) break;  // the picture itself begins, or the file ends
    const size_t length = read_be(bytes, offset + 2, 2);
    if (length < 2 || length > bytes.size() - offset - 2) break;
    const auto payload = bytes.subspan(offset + 4, length - 2);
    if (marker == 0xE1 && starts_with(payload, kExifPrefix)) {
      add_packets(payload.subspan(kExifPrefix.size()), {}, out);
    } else if (marker == 0xE1 && starts_with(payload, kXmpPrefix)) {
      add_packets({}, as_text(payload.subspan(kXmpPrefix.size())), out);
    }
    offset += 2 + length;
  }
  return out;
}

void append_webp_chunk(std::vector<std::byte>& out,
                       std::string_view name,
                       std::span<const std::byte> payload) {
  append(out, name);
  append_le(out, static_cast<uint32_t>(payload.size()), 4);
  append(out, payload);
  if (payload.size() % 2 == 1) out.push_back(std::byte{0});
}

// Calls visit(name, payload) for each chunk of a WebP file, up to the first damaged one.
template <typename Visit>
void for_each_webp_chunk(std::span<const std::byte> bytes, Visit visit) {
  size_t offset = 12;
  while (offset + 8 <= bytes.size()) {
    const size_t length = read_le(bytes, offset + 4, 4);
    if (length > bytes.size() - offset - 8) break;
    visit(as_text(bytes.subspan(offset, 4)), bytes.subspan(offset + 8, length));
    offset += 8 + length + length % 2;
  }
}

// developers.google.com/speed/webp/docs/riff_container, "Extended File Format". libvips adds an
// EXIF chunk of its own that says nothing; readers look at the first, so it must go.
std::vector<std::byte> embed_webp_text(std::span<const std::byte> encoded,
                                       int width,
                                       int height,
                                       const TextEntries& text) {
  constexpr uint32_t kHasXmp = 0x04, kHasExif = 0x08, kHasAlpha = 0x10;
  const Packets packets = make_packets(text);
  uint32_t flags = 0;
  std::vector<std::byte> picture;
  for_each_webp_chunk(encoded, [&](std::string_view name, std::span<const std::byte> payload) {
    if (name == "EXIF" || name == "XMP ") return;
    if (name == "VP8X") {
      flags |= std::to_integer<uint32_t>(payload[0]) & ~(kHasExif | kHasXmp);
      return;
    }
    // A bare lossless chunk carries the alpha flag at the same bit of its fifth byte.
    if (name == "VP8L" && payload.size() > 4)
      flags |= std::to_integer<uint32_t>(payload[4]) & kHasAlpha;
    append_webp_chunk(picture, name, payload);
  });
  if (!packets.exif.empty()) flags |= kHasExif;
  if (!packets.xmp.empty()) flags |= kHasXmp;
  std::vector<std::byte> header;
  append_le(header, flags, 4);
  append_le(header, static_cast<uint32_t>(width - 1), 3);
  append_le(header, static_cast<uint32_t>(height - 1), 3);

  std::vector<std::byte> body;
  append(body, "WEBP"sv);
  append_webp_chunk(body, "VP8X", header);
  append(body, picture);
  if (!packets.exif.empty()) append_webp_chunk(body, "EXIF", packets.exif);
  if (!packets.xmp.empty()) append_webp_chunk(body, "XMP ", std::as_bytes(std::span(packets.xmp)));
  std::vector<std::byte> out;
  append(out, "RIFF"sv);
  append_le(out, static_cast<uint32_t>(body.size()), 4);
  append(out, body);
  return out;
}

TextMap extract_webp_text(std::span<const std::byte> bytes) {
  TextMap out;
  for_each_webp_chunk(bytes, [&](std::string_view name, std::span<const std::byte> payload) {
    if (name == "EXIF") {
      // The format wants the bare TIFF block, but some writers keep the JPEG prefix.
      if (starts_with(payload, kExifPrefix)) payload = payload.subspan(kExifPrefix.size());
      add_packets(payload, {}, out);
    } else if (name == "XMP ") {
      add_packets({}, as_text(payload), out);
    }
  });
  return out;
}

bool is_keyword(std::string_view key) {
  const auto is_letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
  const auto is_other = [](char c) {
    return (c >= '0' && c <= '9') || c == '_' || c == '-' || c == '.';
  };
  return !key.empty() && key.size() <= 79 && is_letter(key[0]) &&
         std::all_of(key.begin(), key.end(), [&](char c) { return is_letter(c) || is_other(c); });
}

}  // namespace

std::optional<Format> sniff_format(std::span<const std::byte> bytes) {
  if (starts_with(bytes, kPngSignature)) return Format::kPng;
  if (starts_with(bytes, "\xFF\xD8\xFF"sv)) return Format::kJpeg;
  if (bytes.size() >= 12 && starts_with(bytes, "RIFF") && starts_with(bytes.subspan(8), "WEBP"))
    return Format::kWebp;
  return std::nullopt;
}

void check_text(std::string_view key, std::string_view text) {
  if (!is_keyword(key)) {
    throw Error(ErrorKind::kInvalidInput,
                fmt::format("[image] text keyword '{}' is not valid, expected 1 to 79 "
                            "letters, digits, '_', '-' or '.', a letter first",
                            key));
  }
  if (!is_valid_utf8(text) || text.find('\0') != std::string_view::npos) {
    throw Error(
        ErrorKind::kInvalidInput,
        fmt::format("[image] the text under '{}' is not UTF-8 without NUL characters", key));
  }
}

std::vector<std::byte> embed_text(std::span<const std::byte> encoded,
                                  Format format,
                                  int width,
                                  int height,
                                  const TextEntries& text) {
  switch (format) {
    case Format::kPng: return embed_png_text(encoded, text);
    case Format::kJpeg: return embed_jpeg_text(encoded, text);
    case Format::kWebp: return embed_webp_text(encoded, width, height, text);
  }
  throw Error(ErrorKind::kInternal, "[image] format without a way to carry text");
}

TextMap extract_text(std::span<const std::byte> bytes, Format format) {
  switch (format) {
    case Format::kPng: return extract_png_text(bytes);
    case Format::kJpeg: return extract_jpeg_text(bytes);
    case Format::kWebp: return extract_webp_text(bytes);
  }
  throw Error(ErrorKind::kInternal, "[image] format without a way to carry text");
}

}  // namespace lienzo::image
