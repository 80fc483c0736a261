#pragma once

#include <cstddef>
#include <span>
#include <string>

namespace lienzo::weights {

/// What a file that no reader knows seems to be, and what to do: "a web page...; download it
/// again". Looks at the first bytes only.
std::string describe_foreign_file(std::span<const std::byte> file);

}  // namespace lienzo::weights
