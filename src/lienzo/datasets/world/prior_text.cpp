#include "lienzo/datasets/world/prior_text.h"

#include "lienzo/datasets/world/captions.h"
#include "lienzo/datasets/world/layout.h"
#include "lienzo/datasets/world/lexicon.h"
#include "lienzo/text/fold.h"

namespace lienzo::datasets::world {
namespace {

// Captions quote with ASCII quotes only.
std::string without_quoted(const std::string& text) {
  std::string result;
  bool quoted = false;
  for (const char c : text) {
    if (c == '"') quoted = !quoted;
    if (!quoted || c == '"') result += c;
  }
  return result;
}

}  // namespace

std::string prior_text(std::string_view caption) {
  return text::strip_accents(normalise_caption(caption), /*keep_enye=*/true);
}

text::BpeTokenizer train_prior_tokenizer(uint64_t seed, int64_t captions, int vocabulary) {
  int64_t next = 0;
  const auto source = [&](std::string& caption) {
    if (next == captions) return false;
    Random random(seed, static_cast<uint64_t>(next));
    const auto language = next % 2 == 0 ? Language::kSpanish : Language::kEnglish;
    caption = without_quoted(prior_text(describe(sample_spec(random), language, random)));
    ++next;
    return true;
  };
  return text::BpeTokenizer::train(source, {.vocab_size = vocabulary, .special_tokens = {"<pad>"}});
}

}  // namespace lienzo::datasets::world
