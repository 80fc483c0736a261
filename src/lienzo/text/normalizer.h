#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace lienzo::text {

/// One step of a tokenizer's text clean-up, named as in tokenizer.json.
enum class NormalizerStep {
  kNfc,        // "NFC": canonical composition, e + U+0301 -> é
  kLowercase,  // "Lowercase": character by character, so a final Σ becomes σ, as in Hugging Face
               // tokenizers
  kCollapseBlanks,  // "Replace" of the pattern \s+ by one space
};

/// Applies the steps in order. Throws kInvalidInput where `text` is not UTF-8 and there is a step
/// to apply.
std::string normalize(std::string_view text, const std::vector<NormalizerStep>& steps);

}  // namespace lienzo::text
