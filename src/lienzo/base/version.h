#pragma once

#include <string_view>

namespace lienzo {

/// "major.minor.patch", the version of the CMake project.
std::string_view version();

}  // namespace lienzo
