#include "lienzo/text/bpe_model.h"

#include <fmt/format.h>

#include <queue>
#include <tuple>

#include "lienzo/base/error.h"
#include "lienzo/text/byte_level.h"

namespace lienzo::text {

namespace {

uint64_t pair_key(int left, int right) {
  return static_cast<uint64_t>(static_cast<uint32_t>(left)) << 32 | static_cast<uint32_t>(right);
}

/// One symbol of a word being merged; a doubly linked list by index. A symbol merged into its left
/// neighbour is gone.
struct Symbol {
  int id;
  int previous;
  int next;
  bool gone;
};

struct Candidate {
  int rank;
  int position;
  int result;
  bool operator>(const Candidate& other) const {
    return std::tie(rank, position) > std::tie(other.rank, other.position);
  }
};

constexpr int kNone = -1;

[[noreturn]] void corrupt_model(const std::string& where, const std::string& what) {
  throw Error(ErrorKind::kCorrupt, "[" + where + "] " + what);
}

}  // namespace

BpeModel::BpeModel(const BpeDefinition& definition, const std::string& where)
    : ignore_merges_(definition.ignore_merges) {
  ids_.reserve(definition.vocab.size());
  for (size_t id = 0; id < definition.vocab.size(); ++id) {
    const std::string& token = definition.vocab[id];
    if (token.empty())
      corrupt_model(where, "model.vocab: token " + std::to_string(id) + " is empty");
    if (!ids_.emplace(token, static_cast<int>(id)).second) {
      corrupt_model(where, "model.vocab: token '" + token + "' is there twice");
    }
  }
  for (int byte = 0; byte < 256; ++byte) {
    const auto require_byte = [&](const std::string& token) {
      const auto found = ids_.find(token);
      if (found == ids_.end()) {
        corrupt_model(where,
                      "model.vocab: no token '" + token + "' for byte " + std::to_string(byte) +
                          ", expected all 256 bytes; train with the byte-level alphabet");
      }
      return found->second;
    };
    byte_ids_[byte] = require_byte(byte_strings()[byte]);
    last_byte_ids_[byte] = require_byte(byte_strings()[byte] + definition.end_of_word);
  }
  merges_.reserve(definition.merges.size());
  for (size_t rank = 0; rank < definition.merges.size(); ++rank) {
    const std::string& left = definition.merges[rank].first;
    const std::string& right = definition.merges[rank].second;
    const auto require = [&](const std::string& token) {
      const auto found = ids_.find(token);
      if (found == ids_.end()) {
        corrupt_model(
            where,
            fmt::format("model.merges: merge {} ('{}' + '{}') needs '{}', which is not in "
                        "model.vocab",
                        rank,
                        left,
                        right,
                        token));
      }
      return found->second;
    };
    const int left_id = require(left);
    const int right_id = require(right);
    const Merge merge{static_cast<int>(rank), require(left + right)};
    if (!merges_.emplace(pair_key(left_id, right_id), merge).second) {
      corrupt_model(where, fmt::format("model.merges: '{}' + '{}' is there twice", left, right));
    }
  }
}

const BpeModel::Merge* BpeModel::find_merge(int left, int right) const {
  const auto found = merges_.find(pair_key(left, right));
  return found == merges_.end() ? nullptr : &found->second;
}

void BpeModel::encode_word(std::string_view word, std::vector<int>& ids) const {
  if (ignore_merges_) {
    if (const auto whole = ids_.find(to_byte_level(word)); whole != ids_.end()) {
      ids.push_back(whole->second);
      return;
    }
  }
  const int size = static_cast<int>(word.size());
  std::vector<Symbol> symbols(word.size());
  for (int i = 0; i < size; ++i) {
    const bool last = i + 1 == size;
    const auto& byte_ids = last ? last_byte_ids_ : byte_ids_;
    symbols[i] = {
        byte_ids[static_cast<unsigned char>(word[i])], i - 1, last ? kNone : i + 1, false};
  }
  std::priority_queue<Candidate, std::vector<Candidate>, std::greater<>> queue;
  const auto offer = [&](int left) {
    if (left == kNone || symbols[left].next == kNone) return;
    const Merge* merge = find_merge(symbols[left].id, symbols[symbols[left].next].id);
    if (merge != nullptr) queue.push({merge->rank, left, merge->result});
  };
  for (int i = 0; i + 1 < size; ++i) offer(i);

  while (!queue.empty()) {
    const Candidate best = queue.top();
    queue.pop();
    Symbol& left = symbols[best.position];
    if (left.gone || left.next == kNone) continue;
    Symbol& right = symbols[left.next];
    // Neighbours may have changed since this was queued. The result is compared, not the rank, as
    // the reference does.
    const Merge* merge = find_merge(left.id, right.id);
    if (merge == nullptr || merge->result != best.result) continue;

    left.id = best.result;
    right.gone = true;
    left.next = right.next;
    if (left.next != kNone) symbols[left.next].previous = best.position;
    offer(left.previous);
    offer(best.position);
  }
  for (const Symbol& symbol : symbols) {
    if (!symbol.gone) ids.push_back(symbol.id);
  }
}

}  // namespace lienzo::text
