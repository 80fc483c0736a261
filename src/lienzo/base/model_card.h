#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace lienzo {

/// The licence that the front matter of a model card names (license_name before license), fit for
/// messages (printable()), or "". The front matter is the YAML between two lines "---" at the
/// beginning, of which single values are understood.
std::string licence_of_card(std::string_view text);

/// The same of README.md in a model's folder; "" where there is none that can be read.
std::string licence_in(const std::filesystem::path& folder);

}  // namespace lienzo
