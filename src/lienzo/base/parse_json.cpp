#include "lienzo/base/parse_json.h"

#include <fmt/format.h>

namespace lienzo {

Json parse_json(std::string_view text, std::string_view where, ErrorKind kind) {
  const auto limit_depth = [&](int depth, Json::parse_event_t, Json&) {
    if (depth > kDeepestJson) {
      throw Error(kind, fmt::format("{} is nested deeper than {} levels", where, kDeepestJson));
    }
    return true;
  };
  try {
    return Json::parse(text, limit_depth);
  } catch (const Json::exception& error) {
    throw Error(kind, fmt::format("{} is not valid JSON: {}", where, error.what()));
  }
}

}  // namespace lienzo
