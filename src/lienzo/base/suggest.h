#pragma once

#include <span>
#include <string>
#include <string_view>

namespace lienzo {

/// Fewest insertions, deletions, replacements and swaps of neighbouring bytes that turn `a` into
/// `b` (optimal string alignment distance).
int edit_distance(std::string_view a, std::string_view b);

/// The candidate that `name` was probably meant to be, or "" when none is near: at most a third of
/// its bytes wrong.
std::string nearest_name(std::string_view name, std::span<const std::string> candidates);

/// ", did you mean 'x'?" or "", to be put behind a message.
std::string suggestion(std::string_view name, std::span<const std::string> candidates);

}  // namespace lienzo
