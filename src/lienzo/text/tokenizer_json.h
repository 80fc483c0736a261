#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "lienzo/base/json.h"
#include "lienzo/text/bpe_definition.h"

namespace lienzo::text {

/// Reads the text of a Hugging Face tokenizer.json, format "1.0". Strict: what would change ids and
/// is not implemented is kUnsupported and named; what contradicts the format is kCorrupt. `where`
/// begins the messages.
///
/// Accepted: model BPE without dropout, prefix or byte fallback; decoder ByteLevel; pre_tokenizer
/// ByteLevel (GPT-2), or a Sequence of CLIP's Split and ByteLevel; no normalizer, or NFC,
/// Lowercase, blanks to one space or a Sequence of them; post_processor null, ByteLevel (moves
/// offsets only, so it is not kept) or RobertaProcessing (kept as the frame, which encode leaves to
/// its callers); added tokens without lstrip, rstrip and single_word. unk_token is not kept: no
/// byte is unknown. Of CLIP's files, truncation and padding are not kept either: they too are for
/// who frames texts.
BpeDefinition definition_from_text(std::string_view text, const std::string& where);

/// Reads the vocabulary alone, {"token": id}, as in vocab.json: the tokens by id. Throws kCorrupt
/// unless the ids are 0, 1, 2 ..., each once.
std::vector<std::string> vocab_from_text(std::string_view text, const std::string& where);

/// The same format, keys in the order in which Hugging Face `tokenizers` writes them.
Json definition_to_json(const BpeDefinition& definition);

}  // namespace lienzo::text
