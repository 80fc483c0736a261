#include "lienzo/base/model_card.h"

#include <algorithm>

#include "lienzo/base/error.h"
#include "lienzo/base/file.h"
#include "lienzo/base/printable.h"
#include "lienzo/base/trimmed.h"

namespace lienzo {

std::string licence_of_card(std::string_view text) {
  std::string licence, own_name;
  bool inside = false;
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (trimmed(line) == "---") {
      if (inside) break;
      inside = true;
      continue;
    }
    if (!inside) return {};
    const size_t colon = line.find(':');
    if (colon == std::string_view::npos) continue;
    const std::string_view key = line.substr(0, colon);
    std::string_view value = trimmed(line.substr(colon + 1));
    if (value.size() >= 2 && (value.front() == '"' || value.front() == '\'') &&
        value.back() == value.front())
      value = value.substr(1, value.size() - 2);
    if (key == "license") licence = value;
    if (key == "license_name") own_name = value;
  }
  return printable(own_name.empty() ? licence : own_name);
}

std::string licence_in(const std::filesystem::path& folder) {
  constexpr size_t kMostBytes = size_t{4} << 20;
  try {
    return licence_of_card(read_text_file(folder / "README.md", kMostBytes));
  } catch (const Error&) {
    return {};  // no card, or none that can be read
  }
}

}  // namespace lienzo
