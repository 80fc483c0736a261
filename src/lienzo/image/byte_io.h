#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>
#include <vector>

namespace lienzo::image {

// Fixed-width integers in byte sequences. Readers need `offset + width <= bytes.size()`.

inline uint32_t read_be(std::span<const std::byte> bytes, size_t offset, int width) {
  uint32_t value = 0;
  for (int i = 0; i < width; ++i) value = value << 8 | std::to_integer<uint32_t>(bytes[offset + i]);
  return value;
}

inline uint32_t read_le(std::span<const std::byte> bytes, size_t offset, int width) {
  uint32_t value = 0;
  for (int i = width - 1; i >= 0; --i)
    value = value << 8 | std::to_integer<uint32_t>(bytes[offset + i]);
  return value;
}

inline void append_be(std::vector<std::byte>& out, uint32_t value, int width) {
  for (int i = width - 1; i >= 0; --i) out.push_back(static_cast<std::byte>(value >> (8 * i)));
}

inline void append_le(std::vector<std::byte>& out, uint32_t value, int width) {
  for (int i = 0; i < width; ++i) out.push_back(static_cast<std::byte>(value >> (8 * i)));
}

inline void append(std::vector<std::byte>& out, std::span<const std::byte> bytes) {
  if (bytes.empty()) return;
  // Not insert(), about which GCC 12 warns in error (-Wstringop-overflow).
  const size_t size = out.size();
  out.resize(size + bytes.size());
  std::memcpy(out.data() + size, bytes.data(), bytes.size());
}

inline void append(std::vector<std::byte>& out, std::string_view text) {
  append(out, std::as_bytes(std::span(text)));
}

inline std::string_view as_text(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

inline bool starts_with(std::span<const std::byte> bytes, std::string_view prefix) {
  return as_text(bytes).substr(0, prefix.size()) == prefix;
}

}  // namespace lienzo::image
