#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "lienzo/text/bpe_tokenizer.h"

namespace lienzo::datasets::world {

/// A caption as the prior reads it: normalise_caption without accents (ñ stays), so that "pirámide"
/// and "piramide" are one word.
std::string prior_text(std::string_view caption);

/// The words that a prior_text quotes, in order, spelled as Object::word. Throws kInvalidInput for
/// one that a sign cannot bear: not 1..kMaxLetters of A-Z and Ñ.
std::vector<std::string> sign_words(std::string_view prior_text);

/// A byte-level BPE tokenizer for prior_text, learned from `captions` captions of the set `seed`.
/// Quoted words are left out of the corpus, so capitals are never merged and signs are spelled
/// letter by letter. Special token 0 is "<pad>".
text::BpeTokenizer train_prior_tokenizer(uint64_t seed, int64_t captions, int vocabulary);

}  // namespace lienzo::datasets::world
