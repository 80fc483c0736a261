#pragma once

#include <filesystem>

namespace lienzo::cli {

/// Where digests of model files are kept: lienzo/digests.json in $XDG_CACHE_HOME or ~/.cache. Empty
/// when the environment names no place.
std::filesystem::path digest_cache_file();

}  // namespace lienzo::cli
