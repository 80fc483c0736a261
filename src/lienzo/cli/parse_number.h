#pragma once

#include <charconv>
#include <optional>
#include <string_view>

namespace lienzo::cli {

/// `text` as a decimal number, which it must be from its first letter to its last; nothing for
/// other text and for numbers that Number cannot hold. "010" is ten. Fractions may be "nan" or
/// "inf".
template <typename Number>
std::optional<Number> parse_number(std::string_view text) {
  Number value = 0;
  const char* const last = text.data() + text.size();
  const auto [end, problem] = std::from_chars(text.data(), last, value);
  if (problem != std::errc() || end != last) return std::nullopt;
  return value;
}

}  // namespace lienzo::cli
