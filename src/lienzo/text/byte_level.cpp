#include "lienzo/text/byte_level.h"

#include <unicode/utf8.h>

#include <cstdint>

namespace lienzo::text {

namespace {

constexpr char32_t kFirstShifted = 0x100;
constexpr char32_t kCharacterLimit = 0x144;  // one past the last stand-in

bool stands_for_itself(int byte) {
  return (byte >= 0x21 && byte <= 0x7E) || (byte >= 0xA1 && byte <= 0xAC) || byte >= 0xAE;
}

std::array<char32_t, 256> make_characters() {
  std::array<char32_t, 256> characters{};
  char32_t next = kFirstShifted;
  for (int byte = 0; byte < 256; ++byte) {
    characters[byte] = stands_for_itself(byte) ? static_cast<char32_t>(byte) : next++;
  }
  return characters;
}

std::array<std::string, 256> make_strings() {
  std::array<std::string, 256> strings;
  for (int byte = 0; byte < 256; ++byte) {
    const char32_t c = byte_characters()[byte];
    if (c < 0x80) {
      strings[byte] = std::string(1, static_cast<char>(c));
    } else {  // all stand-ins are below U+0800: two bytes at most
      strings[byte] = {static_cast<char>(0xC0 | (c >> 6)), static_cast<char>(0x80 | (c & 0x3F))};
    }
  }
  return strings;
}

std::array<int16_t, kCharacterLimit> make_inverse() {
  std::array<int16_t, kCharacterLimit> inverse;
  inverse.fill(-1);
  for (int byte = 0; byte < 256; ++byte)
    inverse[byte_characters()[byte]] = static_cast<int16_t>(byte);
  return inverse;
}

}  // namespace

const std::array<char32_t, 256>& byte_characters() {
  static const std::array<char32_t, 256> characters = make_characters();
  return characters;
}

const std::array<std::string, 256>& byte_strings() {
  static const std::array<std::string, 256> strings = make_strings();
  return strings;
}

std::string to_byte_level(std::string_view bytes) {
  std::string token;
  token.reserve(bytes.size() + bytes.size() / 4);
  for (const char byte : bytes) token += byte_strings()[static_cast<unsigned char>(byte)];
  return token;
}

std::optional<std::string> from_byte_level(std::string_view token) {
  static const std::array<int16_t, kCharacterLimit> inverse = make_inverse();
  std::string bytes;
  bytes.reserve(token.size());
  size_t i = 0;
  while (i < token.size()) {
    UChar32 c = 0;
    U8_NEXT(token.data(), i, token.size(), c);
    if (c < 0 || c >= static_cast<UChar32>(kCharacterLimit) || inverse[c] < 0) return std::nullopt;
    bytes += static_cast<char>(inverse[c]);
  }
  return bytes;
}

}  // namespace lienzo::text
