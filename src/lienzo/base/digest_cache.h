#pragma once

#include <filesystem>
#include <string>

namespace lienzo {

/// SHA-256 of a file as sha256_file gives it, remembered in `cache` (a JSON file, made when it is
/// not there) under the file's absolute path as long as its size and time of change stay the same.
/// An empty `cache` remembers nothing. A damaged cache is written anew, and one that cannot be
/// written is done without. Throws as sha256_file does.
std::string cached_sha256(const std::filesystem::path& file, const std::filesystem::path& cache);

}  // namespace lienzo
