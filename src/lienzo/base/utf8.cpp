#include "lienzo/base/utf8.h"

#include <fmt/format.h>

#include <cstdint>

#include "lienzo/base/error.h"

namespace lienzo {
namespace {

bool is_scalar(char32_t value) { return value < 0xD800 || (value > 0xDFFF && value <= 0x10FFFF); }

/// Length of the character at the start of `text` (not empty), 0 when it is not UTF-8.
size_t decode_one(std::string_view text, char32_t& value) {
  const auto byte = [&](size_t i) { return static_cast<uint8_t>(text[i]); };
  const uint8_t first = byte(0);
  if (first < 0x80) {
    value = first;
    return 1;
  }
  const size_t length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
  if (first < 0xC2 || first > 0xF4 || text.size() < length) return 0;
  value = first & (0xFF >> (length + 1));
  for (size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xC0) != 0x80) return 0;
    value = (value << 6) | (byte(i) & 0x3F);
  }
  constexpr char32_t kSmallest[] = {0, 0, 0x80, 0x800, 0x10000};
  return value >= kSmallest[length] && is_scalar(value) ? length : 0;
}

}  // namespace

bool is_valid_utf8(std::string_view text) {
  char32_t value = 0;
  while (!text.empty()) {
    const size_t length = decode_one(text, value);
    if (length == 0) return false;
    text.remove_prefix(length);
  }
  return true;
}

std::u32string decode_utf8(std::string_view text, std::string_view where) {
  std::u32string result;
  result.reserve(text.size());
  for (size_t offset = 0; offset < text.size();) {
    char32_t value = 0;
    const size_t length = decode_one(text.substr(offset), value);
    if (length == 0) {
      throw Error(
          ErrorKind::kInvalidInput,
          fmt::format(
              "[{}] text is not valid UTF-8, got byte 0x{:02x} at offset {}; save it as UTF-8",
              where,
              static_cast<uint8_t>(text[offset]),
              offset));
    }
    result += value;
    offset += length;
  }
  return result;
}

std::string encode_utf8(std::u32string_view text) {
  std::string result;
  result.reserve(text.size());
  for (const char32_t value : text) {
    if (!is_scalar(value)) {
      throw Error(ErrorKind::kInvalidInput,
                  fmt::format("[utf8] not a Unicode character, got U+{:04X}",
                              static_cast<uint32_t>(value)));
    }
    const auto tail = [&](int shift) {
      return static_cast<char>(0x80 | ((value >> shift) & 0x3F));
    };
    if (value < 0x80) {
      result += static_cast<char>(value);
    } else if (value < 0x800) {
      result += {static_cast<char>(0xC0 | (value >> 6)), tail(0)};
    } else if (value < 0x10000) {
      result += {static_cast<char>(0xE0 | (value >> 12)), tail(6), tail(0)};
    } else {
      result += {static_cast<char>(0xF0 | (value >> 18)), tail(12), tail(6), tail(0)};
    }
  }
  return result;
}

}  // namespace lienzo
