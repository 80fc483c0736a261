#pragma once

#include <string_view>

#include "lienzo/base/json.h"

namespace lienzo {

/// TOML 1.0 as JSON, keys in the order of the file; dates and times become text. `where` names the
/// source in messages. Throws Error(kInvalidInput) with line and column.
Json parse_toml(std::string_view text, std::string_view where);

}  // namespace lienzo
