#include "lienzo/text/bpe_trainer.h"

#include <algorithm>
#include <map>
#include <queue>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "lienzo/base/error.h"
#include "lienzo/text/bpe_model.h"
#include "lienzo/text/byte_level.h"
#include "lienzo/text/fold.h"
#include "lienzo/text/pre_tokenizer.h"

namespace lienzo::text {

namespace {

using Pair = std::pair<int, int>;

struct PairHash {
  size_t operator()(const Pair& pair) const {
    return std::hash<uint64_t>{}(static_cast<uint64_t>(pair.first) << 32 |
                                 static_cast<uint32_t>(pair.second));
  }
};

struct Word {
  std::vector<int> symbols;
  int64_t count = 0;
};

/// A pair waiting to be merged, with the words it is in. `count` may be out of date: it is checked
/// when it comes up.
struct PairCandidate {
  int64_t count = 0;
  Pair pair;
  std::vector<int> words;
  bool operator<(const PairCandidate& other) const {
    return count != other.count ? count < other.count : pair > other.pair;
  }
};

std::map<std::string, int64_t> count_words(const TextSource& next_text,
                                           const BpeTrainOptions& options) {
  std::unordered_map<std::string, int64_t, StringHash, std::equal_to<>> counts;
  std::string text;
  while (next_text(text)) {
    std::string normalized = normalize(text, options.normalizer);
    if (options.add_prefix_space && !normalized.empty() && normalized.front() != ' ')
      normalized.insert(0, 1, ' ');
    for (const std::string_view word : split_gpt2(normalized)) {
      const auto found = counts.find(word);
      if (found != counts.end()) {
        ++found->second;
      } else {
        counts.emplace(word, 1);
      }
    }
  }
  return {counts.begin(), counts.end()};  // sorted, so that nothing depends on hash order
}

class Trainer {
 public:
  explicit Trainer(const BpeTrainOptions& options) : options_(options) {
    for (const std::string& token : options.special_tokens) add_token(token);
    std::vector<std::pair<char32_t, std::string>> alphabet;
    alphabet.reserve(256);
    for (int byte = 0; byte < 256; ++byte)
      alphabet.emplace_back(byte_characters()[byte], byte_strings()[byte]);
    std::sort(alphabet.begin(), alphabet.end());
    for (const auto& [character, token] : alphabet) add_token(token);
  }

  void add_words(const std::map<std::string, int64_t>& counts) {
    for (const auto& [bytes, count] : counts) {
      Word word{{}, count};
      for (const char byte : bytes) {
        word.symbols.push_back(ids_.at(byte_strings()[static_cast<unsigned char>(byte)]));
      }
      const int index = static_cast<int>(words_.size());
      for (size_t i = 0; i + 1 < word.symbols.size(); ++i) {
        change({word.symbols[i], word.symbols[i + 1]}, count, index);
      }
      words_.push_back(std::move(word));
    }
    queue_changed();
  }

  void learn() {
    while (static_cast<int>(vocab_.size()) < options_.vocab_size && !queue_.empty()) {
      PairCandidate best = queue_.top();
      queue_.pop();
      const int64_t count = pair_counts_.at(best.pair);
      if (best.count != count) {
        best.count = count;
        queue_.push(std::move(best));
        continue;
      }
      if (count < std::max<int64_t>(1, options_.min_frequency)) break;
      const int result = add_token(vocab_[best.pair.first] + vocab_[best.pair.second]);
      merges_.push_back(best.pair);
      for (const int index : best.words) merge_in_word(index, best.pair, result);
      queue_changed();
    }
  }

  BpeDefinition definition() && {
    BpeDefinition result;
    // A pair can come up twice when two ways lead to one token; the later rank counts, as in the
    // reference.
    std::unordered_map<Pair, size_t, PairHash> last_rank;
    for (size_t rank = 0; rank < merges_.size(); ++rank) last_rank[merges_[rank]] = rank;
    for (size_t rank = 0; rank < merges_.size(); ++rank) {
      const auto& [left, right] = merges_[rank];
      if (last_rank.at(merges_[rank]) == rank)
        result.merges.emplace_back(vocab_[left], vocab_[right]);
    }
    for (const std::string& token : options_.special_tokens) {
      result.added_tokens.push_back(
          {.id = ids_.at(token), .content = token, .special = true, .normalized = false});
    }
    result.vocab = std::move(vocab_);
    result.normalizer = options_.normalizer;
    result.add_prefix_space = options_.add_prefix_space;
    return result;
  }

 private:
  int add_token(const std::string& token) {
    const auto [entry, fresh] = ids_.emplace(token, static_cast<int>(vocab_.size()));
    if (fresh) vocab_.push_back(token);
    return entry->second;
  }

  void change(const Pair& pair, int64_t count, int word) {
    pair_counts_[pair] += count;
    if (count <= 0) return;
    std::vector<int>& words = changed_[pair];
    if (words.empty() || words.back() != word) words.push_back(word);
  }

  void queue_changed() {
    for (auto& [pair, words] : changed_) {
      const int64_t count = pair_counts_.at(pair);
      if (count > 0) queue_.push({count, pair, std::move(words)});
    }
    changed_.clear();
  }

  void merge_in_word(int index, const Pair& pair, int result) {
    std::vector<int>& symbols = words_[index].symbols;
    const int64_t count = words_[index].count;
    size_t written = 0;
    for (size_t i = 0; i < symbols.size(); ++i) {
      if (symbols[i] != pair.first || i + 1 >= symbols.size() || symbols[i + 1] != pair.second) {
        symbols[written++] = symbols[i];
        continue;
      }
      if (written > 0) {
        change({symbols[written - 1], pair.first}, -count, index);
        change({symbols[written - 1], result}, count, index);
      }
      ++i;  // past the second half
      if (i + 1 < symbols.size()) {
        change({pair.second, symbols[i + 1]}, -count, index);
        change({result, symbols[i + 1]}, count, index);
      }
      symbols[written++] = result;
    }
    symbols.resize(written);
  }

  const BpeTrainOptions& options_;
  std::vector<std::string> vocab_;
  TokenIds ids_;
  std::vector<Word> words_;
  std::vector<Pair> merges_;
  std::unordered_map<Pair, int64_t, PairHash> pair_counts_;
  std::map<Pair, std::vector<int>>
      changed_;  // pairs that became more frequent since they were last queued
  std::priority_queue<PairCandidate> queue_;
};

void check_options(const BpeTrainOptions& options) {
  std::unordered_set<std::string> seen;
  for (const std::string& token : options.special_tokens) {
    check_utf8(token);
    if (token.empty() || !seen.insert(token).second) {
      throw Error(
          ErrorKind::kInvalidInput,
          "[text] special token '" + token + "' is empty or given twice; give each token once");
    }
  }
  const size_t least = 256 + options.special_tokens.size();
  if (options.vocab_size < 0 || static_cast<size_t>(options.vocab_size) < least) {
    throw Error(ErrorKind::kInvalidInput,
                "[text] vocab_size is " + std::to_string(options.vocab_size) +
                    ", expected at least " + std::to_string(least) +
                    " (256 bytes and the special tokens)");
  }
}

}  // namespace

BpeDefinition train_bpe(const TextSource& next_text, const BpeTrainOptions& options) {
  check_options(options);
  Trainer trainer(options);
  trainer.add_words(count_words(next_text, options));
  trainer.learn();
  return std::move(trainer).definition();
}

}  // namespace lienzo::text
