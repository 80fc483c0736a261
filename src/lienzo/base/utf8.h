#pragma once

#include <string>
#include <string_view>

namespace lienzo {

/// Strict UTF-8 (RFC 3629): no overlong forms, no surrogates, nothing above U+10FFFF.
bool is_valid_utf8(std::string_view text);

/// Code points of `text`. Throws Error(kInvalidInput) naming `where` and the offset of the first
/// bad byte.
std::u32string decode_utf8(std::string_view text, std::string_view where);

/// Throws Error(kInvalidInput) for a surrogate or a value above U+10FFFF.
std::string encode_utf8(std::u32string_view text);

}  // namespace lienzo
