#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace lienzo {

/// A stranger's text for messages and tables: at most `most` bytes of it, in one line, with control
/// characters and what is not UTF-8 as \xNN.
std::string printable(std::string_view text, size_t most = 100);

}  // namespace lienzo
