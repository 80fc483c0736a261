#include "lienzo/base/digest_cache.h"

#include <cstdint>

#include "lienzo/base/error.h"
#include "lienzo/base/file.h"
#include "lienzo/base/hash.h"
#include "lienzo/base/json.h"

namespace lienzo {
namespace {

namespace fs = std::filesystem;

Json read_cache(const fs::path& cache) {
  std::error_code problem;
  if (!fs::exists(cache, problem)) return Json::object();
  try {
    Json json = Json::parse(read_text_file(cache), nullptr, /*allow_exceptions=*/false);
    return json.is_object() ? json : Json::object();
  } catch (const Error&) {
    return Json::object();
  }
}

}  // namespace

std::string cached_sha256(const fs::path& file, const fs::path& cache) {
  std::error_code problem;
  const std::string key = fs::absolute(file, problem).lexically_normal().string();
  const auto size = fs::file_size(file, problem);
  const auto changed = fs::last_write_time(file, problem).time_since_epoch().count();
  if (problem || cache.empty()) return sha256_file(file);
  Json known = read_cache(cache);
  const Json& entry = known.value(key, Json::object());
  const Json stamp = {size, changed};
  if (entry.is_object() && entry.value("stamp", Json()) == stamp) {
    const Json digest = entry.value("sha256", Json());
    if (digest.is_string() && digest.get<std::string>().size() == 64) return digest;
  }
  std::string digest = sha256_file(file);
  known[key] = {{"stamp", stamp}, {"sha256", digest}};
  try {
    fs::create_directories(cache.parent_path(), problem);
    write_file_atomic(cache, known.dump(1) + "\n");
  } catch (const std::exception&) {
    // Only speed is lost.
  }
  return digest;
}

}  // namespace lienzo
