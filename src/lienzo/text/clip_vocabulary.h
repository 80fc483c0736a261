#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "lienzo/text/bpe_definition.h"

namespace lienzo::text {

inline constexpr std::string_view kClipStart = "<|startoftext|>";
inline constexpr std::string_view kClipEnd = "<|endoftext|>";

/// What makes a vocabulary CLIP's tokenizer: NFC, blanks to one space, lower case, CLIP's pattern,
/// "</w>" behind each word, and the two special tokens, which are recognised in the text as it was
/// written (`<|ENDOFTEXT|>` is text). This is what transformers' CLIPTokenizer (version 5, or
/// CLIPTokenizerFast before) does; docs/prompts.md says how others differ. Throws kCorrupt where a
/// special token is missing in `vocab`; `where` begins the message.
BpeDefinition clip_definition(std::vector<std::string> vocab,
                              std::vector<std::pair<std::string, std::string>> merges,
                              const std::string& where);

/// The vocabulary that merges imply: the 256 bytes, printable ones first, the same as ends of
/// words, the merges, then start and end. Source: openai/CLIP, clip/simple_tokenizer.py.
std::vector<std::string> clip_vocab(const std::vector<std::pair<std::string, std::string>>& merges);

/// Reads a diffusers or transformers tokenizer: the id of each token from vocab.json, the merges
/// from merges.txt. Throws kNotFound, kIo, or kCorrupt naming the file and the line.
BpeDefinition read_clip_files(const std::filesystem::path& vocab_json,
                              const std::filesystem::path& merges_txt);

/// Reads OpenAI's bpe_simple_vocab_16e6.txt, plain or compressed (.gz): a line of title, then far
/// more merges than the 48,894 that CLIP uses. Throws as read_clip_files does.
BpeDefinition read_openai_merges(const std::filesystem::path& path);

}  // namespace lienzo::text
