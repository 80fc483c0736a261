#include <zlib.h>

#include <algorithm>
#include <optional>

#include "lienzo/base/utf8.h"
#include "lienzo/image/byte_io.h"
#include "lienzo/image/metadata.h"

// PNG text chunks: W3C "Portable Network Graphics" (3rd edition), section 11.3.3.
namespace lienzo::image {
namespace {

using namespace std::string_view_literals;

constexpr size_t kSignatureSize = 8;
constexpr size_t kMaxInflated = size_t{16} << 20;  // a few bytes can unpack to gigabytes

uint32_t checksum(std::span<const std::byte> bytes) {
  return static_cast<uint32_t>(
      crc32_z(0, reinterpret_cast<const Bytef*>(bytes.data()), bytes.size()));
}

struct Chunk {
  std::string_view type;  // four characters
  std::string_view payload;
  bool sound;  // its checksum is right
};

// Calls visit(chunk) for each chunk until visit returns false; true if nothing was cut off.
template <typename Visit>
bool for_each_chunk(std::span<const std::byte> bytes, Visit visit) {
  size_t offset = kSignatureSize;
  while (offset + 12 <= bytes.size()) {
    const size_t length = read_be(bytes, offset, 4);
    if (length > bytes.size() - offset - 12) return false;
    const auto type_and_payload = bytes.subspan(offset + 4, 4 + length);
    const bool sound = checksum(type_and_payload) == read_be(bytes, offset + 8 + length, 4);
    const auto text = as_text(type_and_payload);
    if (!visit(Chunk{text.substr(0, 4), text.substr(4), sound})) return true;
    offset += 12 + length;
  }
  return offset == bytes.size();
}

void append_chunk(std::vector<std::byte>& out, std::string_view type, std::string_view payload) {
  append_be(out, static_cast<uint32_t>(payload.size()), 4);
  const size_t checked_from = out.size();
  append(out, type);
  append(out, payload);
  append_be(out, checksum(std::span(out).subspan(checked_from)), 4);
}

// Plain chunks are Latin-1, so only ASCII is left to them; everything else takes the UTF-8 kind.
void append_text(std::vector<std::byte>& out, const std::string& key, const std::string& text) {
  const bool ascii =
      std::all_of(text.begin(), text.end(), [](unsigned char c) { return c < 0x80; });
  if (ascii) {
    append_chunk(out, "tEXt", key + '\0' + text);
  } else {
    // keyword, 0, uncompressed (0, method 0), no language tag (0), no translated keyword (0)
    append_chunk(out, "iTXt", key + std::string("\0\0\0\0\0"sv) + text);
  }
}

std::optional<std::string> inflate_text(std::string_view packed) {
  z_stream stream{};
  if (inflateInit(&stream) != Z_OK) return std::nullopt;
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(packed.data()));
  stream.avail_in = static_cast<uInt>(packed.size());
  std::string out;
  int status = Z_OK;
  char block[16384];
  while (status == Z_OK && out.size() <= kMaxInflated) {
    stream.next_out = reinterpret_cast<Bytef*>(block);
    stream.avail_out = sizeof(block);
    status = inflate(&stream, Z_NO_FLUSH);
    out.append(block, sizeof(block) - stream.avail_out);
  }
  inflateEnd(&stream);
  if (status != Z_STREAM_END || out.size() > kMaxInflated) return std::nullopt;
  return out;
}

// Some writers put UTF-8 where Latin-1 belongs; text that happens to be valid UTF-8 is taken as
// that.
std::string from_latin1(std::string_view text) {
  if (is_valid_utf8(text)) return std::string(text);
  std::string out;
  for (const unsigned char c : text) {
    if (c < 0x80) {
      out += static_cast<char>(c);
    } else {
      out += static_cast<char>(0xC0 | c >> 6);
      out += static_cast<char>(0x80 | (c & 0x3F));
    }
  }
  return out;
}

// Splits off what comes before the next NUL; nothing if there is none.
std::optional<std::string_view> take_field(std::string_view& rest) {
  const size_t end = rest.find('\0');
  if (end == std::string_view::npos) return std::nullopt;
  const auto field = rest.substr(0, end);
  rest.remove_prefix(end + 1);
  return field;
}

std::optional<std::string> chunk_text(std::string_view type, std::string_view rest) {
  if (type == "tEXt") return from_latin1(rest);
  if (type == "zTXt") {
    if (rest.empty() || rest[0] != 0) return std::nullopt;
    const auto text = inflate_text(rest.substr(1));
    return text ? std::optional(from_latin1(*text)) : std::nullopt;
  }
  if (rest.size() < 2) return std::nullopt;
  const bool compressed = rest[0] != 0;
  rest.remove_prefix(2);
  if (!take_field(rest) || !take_field(rest)) return std::nullopt;  // language, translated keyword
  auto text = compressed ? inflate_text(rest) : std::optional(std::string(rest));
  if (text && !is_valid_utf8(*text)) return std::nullopt;
  return text;
}

}  // namespace

std::vector<std::byte> embed_png_text(std::span<const std::byte> encoded, const TextEntries& text) {
  constexpr size_t kHeaderEnd = kSignatureSize + 4 + 4 + 13 + 4;  // IHDR always comes first
  std::vector<std::byte> out;
  append(out, encoded.first(kHeaderEnd));
  for (const auto& [key, value] : text) append_text(out, key, value);
  append(out, encoded.subspan(kHeaderEnd));
  return out;
}

TextMap extract_png_text(std::span<const std::byte> bytes) {
  TextMap out;
  for_each_chunk(bytes, [&](const Chunk& chunk) {
    if (chunk.type == "tEXt" || chunk.type == "zTXt" || chunk.type == "iTXt") {
      auto rest = chunk.payload;
      const auto key = take_field(rest);
      if (key && !key->empty()) {
        if (const auto text = chunk_text(chunk.type, rest)) out.emplace(from_latin1(*key), *text);
      }
    }
    return true;
  });
  return out;
}

std::optional<std::string> find_png_damage(std::span<const std::byte> bytes) {
  bool ended = false;
  std::optional<std::string> damage;
  const bool whole = for_each_chunk(bytes, [&](const Chunk& chunk) {
    // A small first letter marks chunks that a reader may pass over.
    const bool matters = chunk.type[0] < 'a';
    if (matters && !chunk.sound) damage = "wrong checksum in " + std::string(chunk.type);
    ended = chunk.type == "IEND";
    return !ended && !damage;
  });
  if (damage) return damage;
  if (!whole) return "it is cut off";
  if (!ended) return "its end is missing";
  return std::nullopt;
}

}  // namespace lienzo::image
