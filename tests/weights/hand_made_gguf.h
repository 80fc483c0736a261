#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "hand_made.h"

// Pieces of GGUF files.
namespace lienzo::weights::hand_made {

inline std::string words(std::string_view value) {
  return le(value.size(), 8) + std::string(value);
}

inline std::string value(const std::string& key, uint32_t type, const std::string& bytes) {
  return words(key) + le(type, 4) + bytes;
}

inline std::string list(const std::string& key,
                        uint32_t type,
                        uint64_t count,
                        const std::string& bytes) {
  return value(key, 9, le(type, 4) + le(count, 8) + bytes);
}

/// A tensor's entry; `lengths` fastest first, as in the file.
inline std::string entry(const std::string& name,
                         const std::vector<uint64_t>& lengths,
                         uint32_t type = 0,
                         uint64_t offset = 0) {
  std::string bytes = words(name) + le(lengths.size(), 4);
  for (const uint64_t length : lengths) bytes += le(length, 8);
  return bytes + le(type, 4) + le(offset, 8);
}

struct Parts {
  std::vector<std::string> values = {};
  std::vector<std::string> tensors = {};
  size_t data_bytes = 0;
  size_t alignment = 32;
  uint32_t version = 3;
};

inline std::string gguf(const Parts& parts) {
  std::string file =
      "GGUF" + le(parts.version, 4) + le(parts.tensors.size(), 8) + le(parts.values.size(), 8);
  for (const std::string& part : parts.values) file += part;
  for (const std::string& part : parts.tensors) file += part;
  file.resize((file.size() + parts.alignment - 1) / parts.alignment * parts.alignment);
  return file + std::string(parts.data_bytes, '\0');
}

}  // namespace lienzo::weights::hand_made
