#pragma once

#include <string>
#include <string_view>

#include "lienzo/base/json.h"
#include "lienzo/text/bpe_definition.h"

namespace lienzo::text {

/// Reads the text of a Hugging Face tokenizer.json, format "1.0". Strict: what would change ids and
/// is not implemented is kUnsupported and named; what contradicts the format is kCorrupt. `where`
/// begins the messages.
///
/// Accepted: model BPE without dropout, prefix, suffix or byte fallback; pre_tokenizer and decoder
/// ByteLevel; no normalizer, or NFC, Lowercase or a Sequence of them; post_processor null or
/// ByteLevel (moves offsets only, so it is not kept); added tokens without lstrip, rstrip and
/// single_word. unk_token is not kept: no byte is unknown.
BpeDefinition definition_from_text(std::string_view text, const std::string& where);

/// The same format, keys in the order in which Hugging Face `tokenizers` writes them.
Json definition_to_json(const BpeDefinition& definition);

}  // namespace lienzo::text
