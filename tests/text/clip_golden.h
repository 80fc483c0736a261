#pragma once

#include <cstdlib>
#include <filesystem>
#include <string>

#include "lienzo/base/file.h"
#include "lienzo/base/json.h"
#include "lienzo/text/clip_tokenizer.h"

namespace lienzo::text::golden {

/// A file or the folder that tools/golden/clip_tokens.py wrote.
inline std::string clip_path(const std::string& file = "") {
  return std::string(LIENZO_TEST_DATA) + "/golden/text/clip/" + file;
}

inline Json clip_file(const std::string& file) {
  return Json::parse(read_text_file(clip_path(file)));
}

/// A vocabulary of 570 tokens built as CLIP's is.
inline ClipTokenizer tiny_clip() { return ClipTokenizer::load(clip_path()); }

/// OpenAI's vocabulary, which is not part of the tree; it may be missing.
inline std::filesystem::path openai_vocabulary() {
  const char* named = std::getenv("LIENZO_TEST_FILES");
  const std::filesystem::path folder =
      named != nullptr ? std::filesystem::path(named)
                       : std::filesystem::path(LIENZO_SOURCE_DIR) / ".." / "shared" / "data";
  return folder / "clip" / "bpe_simple_vocab_16e6.txt.gz";
}

}  // namespace lienzo::text::golden
