#pragma once

#include <string>
#include <vector>

#include "lienzo/base/file.h"
#include "lienzo/base/json.h"

namespace lienzo::text::golden {

/// A file that tools/golden/bpe_tokenizer.py wrote.
inline std::string path(const std::string& file) {
  return std::string(LIENZO_TEST_DATA) + "/golden/text/" + file;
}

inline Json read(const std::string& file) { return Json::parse(read_text_file(path(file))); }

inline std::vector<std::string> corpus() {
  const std::string text = read_text_file(path("corpus.txt"));
  std::vector<std::string> lines;
  for (size_t begin = 0; begin < text.size();) {
    const size_t end = text.find('\n', begin);
    lines.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return lines;
}

}  // namespace lienzo::text::golden
