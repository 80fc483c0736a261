#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace lienzo::weights {

/// Adds "2 missing: 'a', 'b'" to `message`, after "; " when it already says something; of many
/// items the first 20 are shown and the rest counted. No items add nothing.
void add_problems(std::string& message,
                  std::string_view what,
                  const std::vector<std::string>& items);

}  // namespace lienzo::weights
