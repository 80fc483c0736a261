#pragma once

#include <cstddef>
#include <filesystem>
#include <span>
#include <string>

namespace lienzo {

/// SHA-256 as 64 lower-case hexadecimal digits.
std::string sha256_hex(std::span<const std::byte> bytes);

/// The same of a file, which is mapped and not copied. Throws as MappedFile does.
std::string sha256_file(const std::filesystem::path& path);

}  // namespace lienzo
