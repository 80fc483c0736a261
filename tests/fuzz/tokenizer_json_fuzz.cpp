// Feeds arbitrary bytes to the tokenizer.json reader, up to the first zero byte; what follows is
// text for the tokenizer if it loads. Either the file is refused, or every text has valid ids, and
// saving and loading gives the same file.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "lienzo/base/error.h"
#include "lienzo/base/utf8.h"
#include "lienzo/text/bpe_tokenizer.h"
#include "lienzo/text/tokenizer_json.h"

namespace {

using lienzo::ErrorKind;
using lienzo::text::BpeTokenizer;

void require(bool promise) {
  if (!promise) std::abort();
}

void check(const BpeTokenizer& tokenizer, std::string_view text) {
  require(BpeTokenizer::from_json(tokenizer.to_json(), "again").to_json() == tokenizer.to_json());
  if (!lienzo::is_valid_utf8(text)) return;
  const std::vector<int> ids = tokenizer.encode(text);
  for (const int id : ids) require(id >= 0 && id < tokenizer.vocab_size());
  require(tokenizer.encode(text) == ids);  // now from the word cache
  require(lienzo::is_valid_utf8(tokenizer.decode(ids)));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const size_t zero = input.find('\0');
  const std::string_view text = zero == std::string_view::npos ? "" : input.substr(zero + 1);
  try {
    check(BpeTokenizer(lienzo::text::definition_from_text(input.substr(0, zero), "fuzz"), "fuzz"),
          text);
  } catch (const lienzo::Error& error) {
    require(error.kind() == ErrorKind::kCorrupt || error.kind() == ErrorKind::kUnsupported);
  }
  return 0;
}
