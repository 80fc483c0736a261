#include "lienzo/cli/cache_file.h"

#include <cstdlib>

namespace lienzo::cli {

std::filesystem::path digest_cache_file() {
  // The XDG base directory specification ignores relative paths.
  const char* cache = std::getenv("XDG_CACHE_HOME");
  if (cache && *cache == '/') return std::filesystem::path(cache) / "lienzo" / "digests.json";
  const char* home = std::getenv("HOME");
  if (home && *home == '/')
    return std::filesystem::path(home) / ".cache" / "lienzo" / "digests.json";
  return {};
}

}  // namespace lienzo::cli
