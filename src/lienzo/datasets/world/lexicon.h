#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "lienzo/datasets/world/captions.h"

namespace lienzo::datasets::world {

/// Every word (lower case, with and without accents) that captions can contain, sorted, without
/// repetition. Numerals count as words; what stands in quotes does not.
std::vector<std::string> lexicon(Language language);

/// The words of `text` as the lexicon spells them: lower case, split at everything but letters,
/// digits and apostrophes; quoted text left out. Throws Error(kInvalidInput) if `text` is not
/// UTF-8.
std::vector<std::string> caption_words(std::string_view text);

/// What somebody typed, in the spelling of the captions: lower case, single spaces, and quoted
/// words as text::normalise_quoted spells them. Where nothing is quoted, a word that follows
/// "dice", "says" or the like is
/// (`un cartel que dice hola` -> `un cartel que dice "HOLA"`), and so are capitals beside a sign
/// ("a STOP sign"). Throws Error(kInvalidInput) if `text` is not UTF-8.
std::string normalise_caption(std::string_view text);

}  // namespace lienzo::datasets::world
