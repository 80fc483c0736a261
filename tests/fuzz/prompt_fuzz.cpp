// Feeds arbitrary bytes to all that reads prompts. What is not UTF-8 is refused; everything else is
// cut into pieces that join to the same text, encoded and decoded to the same text, and its quotes
// lie inside it.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "lienzo/base/error.h"
#include "lienzo/base/utf8.h"
#include "lienzo/text/bpe_tokenizer.h"
#include "lienzo/text/pre_tokenizer.h"
#include "lienzo/text/quotes.h"
#include "lienzo/text/unknown_words.h"

namespace {

using lienzo::text::BpeTokenizer;

void require(bool promise) {
  if (!promise) std::abort();
}

void check(std::string_view prompt) {
  static const BpeTokenizer kTokenizer =
      BpeTokenizer::train({"un cubo rojo", "una pirámide roja", "a red cube's sign"},
                          {.vocab_size = 300, .min_frequency = 1});
  require(kTokenizer.decode(kTokenizer.encode(prompt)) == prompt);

  std::string joined;
  for (const std::string_view piece : lienzo::text::split_gpt2(prompt)) joined += piece;
  require(joined == prompt);

  size_t at = 0;
  for (const lienzo::text::QuotedSpan& span : lienzo::text::find_quoted(prompt)) {
    require(at <= span.begin && span.begin < span.inner_begin &&
            span.inner_begin <= span.inner_end);
    require(span.inner_end < span.end && span.end <= prompt.size());
    at = span.end;
  }
  const lienzo::text::NormalisedPrompt once = lienzo::text::normalise_quoted(prompt);
  require(lienzo::is_valid_utf8(once.text));
  for (const std::string& word : lienzo::text::unknown_words(prompt, {"cubo"})) {
    require(!word.empty() && lienzo::is_valid_utf8(word));
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view prompt(reinterpret_cast<const char*>(data), size);
  try {
    check(prompt);
    require(lienzo::is_valid_utf8(prompt));
  } catch (const lienzo::Error& error) {
    require(error.kind() == lienzo::ErrorKind::kInvalidInput && !lienzo::is_valid_utf8(prompt));
  }
  return 0;
}
