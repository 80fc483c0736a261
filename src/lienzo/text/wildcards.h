#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace lienzo::text {

/// The lines of a wildcard file, or nothing when there is none of that name.
using WildcardFiles = std::function<std::optional<std::vector<std::string>>(const std::string&)>;

/// What a prompt with choices stands for: "a {red|blue} __animal__" with a file animal of two lines
/// stands for four prompts. A choice may hold choices; "\{", "\|", "\}" and "\_" mean the sign
/// itself. Lines of files may hold choices too, eight files deep.
struct Expansion {
  uint64_t count = 1;                     // of all; at most 2^63
  std::vector<std::string> prompts = {};  // the first `limit` of them, in the order of counting
};

/// Throws Error(kInvalidInput) for braces that do not match, a file that is not there, files within
/// files without end, and a prompt longer than 100,000 bytes.
Expansion expand_wildcards(std::string_view prompt, const WildcardFiles& files, size_t limit);

/// Whether a name may be that of a wildcard file: letters, digits, '-', '_' and '.', not beginning
/// with '.', at most 64.
bool is_wildcard_name(std::string_view name);

}  // namespace lienzo::text
