#include "lienzo/text/added_tokens.h"

#include <algorithm>

namespace lienzo::text {

AddedTokenFinder::AddedTokenFinder(std::vector<Entry> entries) {
  std::stable_sort(entries.begin(), entries.end(), [](const Entry& a, const Entry& b) {
    return a.content.size() > b.content.size();
  });
  for (Entry& entry : entries) {
    const char first = entry.content.front();
    std::vector<Entry>& slot = by_first_byte_[static_cast<unsigned char>(first)];
    if (slot.empty()) first_bytes_ += first;
    slot.push_back(std::move(entry));
  }
}

std::vector<AddedTokenFinder::Match> AddedTokenFinder::find_all(std::string_view text,
                                                                bool skip_special) const {
  std::vector<Match> matches;
  if (first_bytes_.empty()) return matches;
  size_t at = text.find_first_of(first_bytes_);
  while (at != std::string_view::npos) {
    const std::string_view rest = text.substr(at);
    size_t next = at + 1;
    for (const Entry& entry : by_first_byte_[static_cast<unsigned char>(rest.front())]) {
      if (!rest.starts_with(entry.content)) continue;
      next = at + entry.content.size();
      if (!(skip_special && entry.special)) matches.push_back({at, entry.content.size(), entry.id});
      break;
    }
    at = text.find_first_of(first_bytes_, next);
  }
  return matches;
}

}  // namespace lienzo::text
