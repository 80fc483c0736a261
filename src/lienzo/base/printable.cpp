#include "lienzo/base/printable.h"

#include <fmt/format.h>

#include "lienzo/base/utf8.h"

namespace lienzo {

std::string printable(std::string_view text, size_t most) {
  // A cut must not fall into the middle of a character.
  while (most < text.size() && most > 0 && (static_cast<unsigned char>(text[most]) & 0xc0) == 0x80)
    --most;
  text = text.substr(0, most);
  const bool utf8 = is_valid_utf8(text);
  std::string safe;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    const bool plain = byte >= 0x20 && byte != 0x7f && (utf8 || byte < 0x80);
    safe += plain ? std::string(1, c) : fmt::format("\\x{:02x}", byte);
  }
  return safe;
}

}  // namespace lienzo
