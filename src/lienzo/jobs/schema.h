#pragma once

#include <span>
#include <string_view>

namespace lienzo::jobs {

/// Scripts that build the tables: the one at index k leads from version k to k + 1. Both databases
/// read them. One that was released never changes; a new one follows it.
std::span<const std::string_view> migrations();

}  // namespace lienzo::jobs
