#pragma once

#include <string_view>

#include "lienzo/base/error.h"
#include "lienzo/base/json.h"

namespace lienzo {

/// Deepest nesting that parse_json accepts; a scene or a configuration needs about six levels.
inline constexpr int kDeepestJson = 64;

/// Parses JSON from a file or a stranger. Throws Error(`kind`) beginning with `where` for what is
/// not valid JSON or is nested deeper than kDeepestJson levels: destroying, comparing and writing
/// deep JSON would recurse until the stack ends.
Json parse_json(std::string_view text,
                std::string_view where,
                ErrorKind kind = ErrorKind::kCorrupt);

/// The same for JSON that Python wrote, where numbers may be NaN, Infinity or -Infinity: null in
/// their place.
Json parse_python_json(std::string_view text,
                       std::string_view where,
                       ErrorKind kind = ErrorKind::kCorrupt);

}  // namespace lienzo
