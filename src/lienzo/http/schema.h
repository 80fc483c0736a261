#pragma once

#include <cstdint>

#include "lienzo/base/json.h"

/// JSON schemas and parameters that the OpenAPI document is made of.
namespace lienzo::http {

Json object_schema();
Json text_schema();
Json whole_schema(int64_t low, int64_t high);
/// `in` is "path" or "query".
Json parameter(const char* name, const char* in, Json schema);

}  // namespace lienzo::http
