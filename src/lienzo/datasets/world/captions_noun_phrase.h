#pragma once

#include <string>
#include <string_view>

#include "lienzo/datasets/world/captions_grammar.h"

namespace lienzo::datasets::world {

enum class Determiner : uint8_t {
  kIndefinite,  // un cubo, dos cubos; a cube, two cubes
  kBare,        // cubo; cube (telegraphic; counts still say their number)
  kAnother,     // otro cubo; another cube
  kDefinite,    // el cubo, los cubos; the cube
  kOrdinal,     // el segundo cubo; the second cube
};

/// Which attributes to say, as far as the spec has them.
struct Say {
  bool shape = true, colour = true, material = true, size = true, word = true;
};

struct NounPhrase {
  const ObjectSpec* spec = nullptr;
  int noun = 0;   // index into the nouns of the shape, or of the generic ones
  int count = 1;  // 1..kMaxObjects
  Determiner determiner = Determiner::kIndefinite;
  int ordinal = 0;  // 0 = first; kOrdinal only
  Say say = {};     // without the shape: "el rojo", "the red one", "a red one"
};

const Noun& noun_of(const Grammar& grammar, const ObjectSpec& spec, int noun);
int count_nouns(const Grammar& grammar, const ObjectSpec& spec);

/// Adds a space if one is due, then `words`; Spanish "de el" and "a el" contract.
void append_words(std::string& out, std::string_view words, Language language);

/// Adds the conjunction in the form that `out`'s next word `following` asks for ("e imagen").
void append_and(std::string& out, const Grammar& grammar, std::string_view following);

void append_noun_phrase(std::string& out,
                        const Grammar& grammar,
                        const NounPhrase& phrase,
                        Choice& choice);

}  // namespace lienzo::datasets::world
