#include "lienzo/http/schema.h"

#include <string_view>
#include <utility>

namespace lienzo::http {

Json object_schema() { return {{"type", "object"}}; }
Json text_schema() { return {{"type", "string"}}; }

Json whole_schema(int64_t low, int64_t high) {
  return {{"type", "integer"}, {"minimum", low}, {"maximum", high}};
}

Json parameter(const char* name, const char* in, Json schema) {
  return {{"name", name},
          {"in", in},
          {"required", std::string_view(in) == "path"},
          {"schema", std::move(schema)}};
}

}  // namespace lienzo::http
