#include "lienzo/datasets/world/prior_text.h"

#include <fmt/format.h>

#include "lienzo/base/error.h"
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

std::vector<std::string> sign_words(std::string_view prior_text) {
  std::vector<std::string> words;
  for (size_t open = prior_text.find('"'); open != std::string_view::npos;) {
    const size_t close = prior_text.find('"', open + 1);
    if (close == std::string_view::npos) break;
    const std::string_view quoted = prior_text.substr(open + 1, close - open - 1);
    std::string word;
    for (size_t i = 0; i < quoted.size(); ++i) {
      const bool enye = quoted.substr(i).starts_with("Ñ");
      word += enye ? '~' : quoted[i];
      if (enye) ++i;  // two bytes
    }
    if (word.empty() || word.size() > kMaxLetters ||
        word.find_first_not_of(kLetters) != std::string::npos ||
        quoted.find('~') != std::string_view::npos) {
      throw Error(ErrorKind::kInvalidInput,
                  fmt::format("[prompt] a sign cannot bear \"{}\": it takes one word of 1 to {} "
                              "letters from A to Z and Ñ; shorten it or use several signs",
                              quoted,
                              kMaxLetters));
    }
    words.push_back(std::move(word));
    open = prior_text.find('"', close + 1);
  }
  return words;
}

text::BpeTokenizer train_prior_tokenizer(uint64_t seed, int64_t captions, int vocabulary) {
  int64_t next = 0;
  const auto source = [&](std::string& caption) {
    if (next >= captions) return false;
    Random random(seed, static_cast<uint64_t>(next));
    const auto language = next % 2 == 0 ? Language::kSpanish : Language::kEnglish;
    caption = without_quoted(prior_text(describe(sample_spec(random), language, random)));
    ++next;
    return true;
  };
  return text::BpeTokenizer::train(source, {.vocab_size = vocabulary, .special_tokens = {"<pad>"}});
}

}  // namespace lienzo::datasets::world
