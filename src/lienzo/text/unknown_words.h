#pragma once

#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

namespace lienzo::text {

/// The words of a prompt that are not among `known`, in lower case, in order of first appearance
/// and without repeats. Accents do not matter (cubó, piramide and pirámide are one word), nor does
/// the English possessive ('s). Quoted text (see find_quoted) is left out, since signs may bear any
/// word; so are numbers and punctuation. Pictographs count as words: nothing the model cannot draw
/// should pass in silence. Words are found by Unicode's rules (UAX 29, by ICU). Throws
/// kInvalidInput where `prompt` is not UTF-8.
std::vector<std::string> unknown_words(std::string_view prompt,
                                       const std::unordered_set<std::string>& known);

}  // namespace lienzo::text
