#pragma once

#include <string>
#include <string_view>

namespace lienzo::text {

// All of these take and give UTF-8, and throw kInvalidInput where the text is not UTF-8.

/// Throws kInvalidInput naming the first byte that is not part of valid UTF-8.
void check_utf8(std::string_view text);

/// Canonical composition (NFC): e + U+0301 -> é.
std::string compose(std::string_view text);

/// Lower case with full, context-aware mappings and no language's exceptions, composed.
std::string lower_case(std::string_view text);

/// Lower case of each character by itself, as Rust's char::to_lowercase gives it; not composed.
std::string lower_case_each(std::string_view text);

/// Each run of blanks (Unicode's White_Space) as one space.
std::string collapse_blanks(std::string_view text);

/// Upper case with Spanish rules, composed: "niño" -> "NIÑO", "ß" -> "SS".
std::string upper_case(std::string_view text);

/// Takes the accents off Latin letters: "Cubó" -> "Cubo", "pingüino" -> "pinguino". With
/// `keep_enye`, ñ and Ñ stay, since in Spanish they are letters of their own and signs can show
/// them.
std::string strip_accents(std::string_view text, bool keep_enye = false);

/// What accent- and case-insensitive comparison compares.
std::string fold(std::string_view text);

}  // namespace lienzo::text
