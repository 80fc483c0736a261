#include "lienzo/image/exif.h"

#include "lienzo/base/utf8.h"
#include "lienzo/image/byte_io.h"

namespace lienzo::image {
namespace {

using namespace std::string_view_literals;

constexpr uint32_t kExifDirectory = 0x8769;
constexpr uint32_t kExifVersion = 0x9000;
constexpr uint32_t kUserComment = 0x9286;
constexpr uint32_t kLong = 4, kUndefined = 7;  // TIFF value types
constexpr auto kUnicode = "UNICODE\0"sv;
constexpr auto kAscii = "ASCII\0\0\0"sv;
constexpr auto kUnspecified = "\0\0\0\0\0\0\0\0"sv;

void append_entry(
    std::vector<std::byte>& out, uint32_t tag, uint32_t type, uint32_t count, uint32_t value) {
  append_be(out, tag, 2);
  append_be(out, type, 2);
  append_be(out, count, 4);
  append_be(out, value, 4);
}

class TiffReader {
 public:
  TiffReader(std::span<const std::byte> bytes, bool big_endian)
      : bytes_(bytes), big_endian_(big_endian) {}

  uint32_t number(size_t offset, int width) const {
    return big_endian_ ? read_be(bytes_, offset, width) : read_le(bytes_, offset, width);
  }

  // The offset of the twelve bytes of entry `tag` in the directory at `directory`.
  std::optional<size_t> find(size_t directory, uint32_t tag) const {
    if (directory > bytes_.size() || bytes_.size() - directory < 2) return std::nullopt;
    const size_t count = number(directory, 2);
    for (size_t i = 0; i < count; ++i) {
      const size_t entry = directory + 2 + 12 * i;
      if (entry + 12 > bytes_.size()) return std::nullopt;
      if (number(entry, 2) == tag) return entry;
    }
    return std::nullopt;
  }

 private:
  std::span<const std::byte> bytes_;
  bool big_endian_;
};

// The byte order of UserComment is nowhere recorded and writers disagree: a mark decides if there
// is one, else the order in which more units have a zero high byte.
bool is_little_endian(std::span<const std::byte> units) {
  if (units.size() < 2) return false;
  const uint32_t first = read_be(units, 0, 2);
  if (first == 0xFEFF || first == 0xFFFE) return first == 0xFFFE;
  size_t zero_even = 0, zero_odd = 0;
  for (size_t i = 0; i + 1 < units.size(); i += 2) {
    zero_even += units[i] == std::byte{0};
    zero_odd += units[i + 1] == std::byte{0};
  }
  return zero_odd > zero_even;
}

std::string from_utf16(std::span<const std::byte> units) {
  const bool little = is_little_endian(units);
  const auto unit = [&](size_t i) {
    return little ? read_le(units, 2 * i, 2) : read_be(units, 2 * i, 2);
  };
  std::u32string out;
  const size_t count = units.size() / 2;
  for (size_t i = 0; i < count; ++i) {
    const uint32_t high = unit(i);
    if (i == 0 && high == 0xFEFF) continue;
    if (high < 0xD800 || high > 0xDFFF) {
      out += static_cast<char32_t>(high);
      continue;
    }
    const uint32_t low = i + 1 < count ? unit(i + 1) : 0;
    if (high < 0xDC00 && low >= 0xDC00 && low <= 0xDFFF) {
      out += static_cast<char32_t>(0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00));
      ++i;
    } else {
      out += U'\uFFFD';
    }
  }
  return encode_utf8(out);
}

}  // namespace

std::vector<std::byte> make_exif(std::string_view comment) {
  std::vector<std::byte> value;
  append(value, kUnicode);
  for (const char32_t c : decode_utf8(comment, "[image] text")) {
    if (c < 0x10000) {
      append_be(value, c, 2);
    } else {
      append_be(value, 0xD800 + ((c - 0x10000) >> 10), 2);
      append_be(value, 0xDC00 + ((c - 0x10000) & 0x3FF), 2);
    }
  }
  constexpr uint32_t kFirst = 8;                     // after the header
  constexpr uint32_t kSecond = kFirst + 2 + 12 + 4;  // after a directory of one entry
  constexpr uint32_t kValue = kSecond + 2 + 24 + 4;  // after a directory of two
  std::vector<std::byte> out;
  append(out, "MM\0*"sv);
  append_be(out, kFirst, 4);
  append_be(out, 1, 2);
  append_entry(out, kExifDirectory, kLong, 1, kSecond);
  append_be(out, 0, 4);
  append_be(out, 2, 2);
  append_entry(out, kExifVersion, kUndefined, 4, 0x30323332);  // "0232"
  append_entry(out, kUserComment, kUndefined, static_cast<uint32_t>(value.size()), kValue);
  append_be(out, 0, 4);
  append(out, value);
  return out;
}

std::optional<std::string> read_exif_comment(std::span<const std::byte> exif) {
  if (exif.size() < 8) return std::nullopt;
  const bool big_endian = starts_with(exif, "MM");
  if (!big_endian && !starts_with(exif, "II")) return std::nullopt;
  const TiffReader reader(exif, big_endian);
  const auto pointer = reader.find(reader.number(4, 4), kExifDirectory);
  if (!pointer) return std::nullopt;
  const auto entry = reader.find(reader.number(*pointer + 8, 4), kUserComment);
  if (!entry) return std::nullopt;
  const size_t size = reader.number(*entry + 4, 4);
  const size_t offset = reader.number(*entry + 8, 4);
  // Eight bytes of character code come first, so a comment never fits inside its entry.
  if (size <= 8 || offset > exif.size() || size > exif.size() - offset) return std::nullopt;
  const auto code = as_text(exif.subspan(offset, 8));
  const auto value = exif.subspan(offset + 8, size - 8);
  if (code == kUnicode) return from_utf16(value);
  if (code != kAscii && code != kUnspecified) return std::nullopt;
  std::string text(as_text(value));
  while (!text.empty() && (text.back() == '\0' || text.back() == ' ')) text.pop_back();
  if (text.empty() || !is_valid_utf8(text)) return std::nullopt;
  return text;
}

}  // namespace lienzo::image
