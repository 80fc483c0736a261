#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "lienzo/datasets/world/captions.h"

namespace lienzo::datasets::world {

/// Every word (lower case, with and without accents) that captions can contain, sorted, without repetition.
/// Numerals count as words; what stands in quotes does not.
std::vector<std::string> lexicon(Language language);

/// The words of `text` as the lexicon spells them: lower case, split at everything but letters, digits and
/// apostrophes; quoted text left out. Knows ASCII and the Latin-1 letters; other characters stay as they are.
std::vector<std::string> caption_words(std::string_view text);

/// What somebody typed, in the spelling of the captions: lower case, single spaces, any quotation marks as
/// ASCII double quotes, and quoted words in upper case without accents. A word that follows "dice", "says" or
/// the like without quotes is put in quotes: `un cartel que dice hola` -> `un cartel que dice "HOLA"`;
/// so are words in capitals beside a sign ("a STOP sign").
std::string normalise_caption(std::string_view text);

}  // namespace lienzo::datasets::world
