#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>

namespace lienzo::text {

/// The printable stand-ins of GPT-2's byte-level vocabulary: every byte has one character in
/// U+0021..U+0143, so that a vocabulary file never holds spaces, control characters or broken
/// UTF-8. Bytes that are printable in Latin-1 stand for themselves; the other 68 follow from U+0100
/// in byte order. Source: openai/gpt-2, src/encoder.py, bytes_to_unicode.
const std::array<char32_t, 256>& byte_characters();

/// The stand-in of each byte as UTF-8.
const std::array<std::string, 256>& byte_strings();

/// Writes bytes in stand-ins: " rojo" -> "Ġrojo".
std::string to_byte_level(std::string_view bytes);

/// The bytes that a string of stand-ins means, or nothing when a character of it is no stand-in or
/// it is no UTF-8.
std::optional<std::string> from_byte_level(std::string_view token);

}  // namespace lienzo::text
