#pragma once

#include <span>
#include <string>
#include <string_view>

namespace lienzo::diffusion {

/// Throws kInvalidInput, "[where] unknown <what> '<name>', did you mean '<nearest>'? Expected one
/// of: <known>".
[[noreturn]] void refuse_unknown_name(std::string_view where,
                                      std::string_view what,
                                      std::string_view name,
                                      std::span<const std::string> known);

}  // namespace lienzo::diffusion
