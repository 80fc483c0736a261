#pragma once

#include <array>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace lienzo::text {

/// Finds the literal tokens of a tokenizer in a text: leftmost first, the longest where several
/// begin.
class AddedTokenFinder {
 public:
  struct Entry {
    std::string content;  // not empty
    int id = 0;
    bool special = true;
  };
  struct Match {
    size_t begin = 0;
    size_t size = 0;
    int id = 0;
  };

  explicit AddedTokenFinder(std::vector<Entry> entries);

  /// All matches from left to right, without overlap. With `skip_special`, special tokens are no
  /// matches.
  std::vector<Match> find_all(std::string_view text, bool skip_special) const;

 private:
  std::array<std::vector<Entry>, 256> by_first_byte_;  // longest first
  std::string first_bytes_;
};

}  // namespace lienzo::text
