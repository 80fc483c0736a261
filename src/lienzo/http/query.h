#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>

#include "lienzo/http/route.h"

namespace lienzo::http {

/// Typed reading of a query string. Errors are HttpError(400) naming the parameter.
class Query {
 public:
  /// Throws for a parameter that is none of `known`, or is there twice.
  Query(const Call& call, std::initializer_list<std::string_view> known);

  std::string text(const char* name, size_t longest = 1000) const;  // "" when absent
  std::optional<int64_t> whole(const char* name, int64_t low, int64_t high) const;

 private:
  const Call& call_;
};

}  // namespace lienzo::http
