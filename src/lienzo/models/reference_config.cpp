#include "lienzo/models/reference_config.h"

#include <fmt/format.h>

#include <string>

#include "lienzo/base/error.h"

namespace lienzo::models {

Json without_nulls(const Json& json) {
  if (!json.is_object()) return json;
  Json given = Json::object();
  for (const auto& [key, value] : json.items()) {
    if (!value.is_null()) given[key] = value;
  }
  return given;
}

void require_fixed(ConfigReader& reader,
                   std::string_view where,
                   std::initializer_list<std::pair<std::string_view, Json>> settings) {
  for (const auto& [key, expected] : settings) {
    Json found = expected;
    reader.optional(key, found);
    if (found == expected) continue;
    throw Error(
        ErrorKind::kUnsupported,
        fmt::format("{}: '{}' is {}, only {} is known",
                    where,
                    key,
                    found.dump(-1, ' ', /*ensure_ascii=*/true, Json::error_handler_t::replace),
                    expected.is_null() ? "null" : expected.dump()));
  }
}

void ignore(ConfigReader& reader, std::initializer_list<std::string_view> keys) {
  Json ignored;
  for (const std::string_view key : keys) reader.optional(key, ignored);
}

}  // namespace lienzo::models
