#include "lienzo/text/bpe_tokenizer.h"

#include <unicode/unistr.h>

#include <mutex>
#include <shared_mutex>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "lienzo/base/error.h"
#include "lienzo/base/file.h"
#include "lienzo/text/added_tokens.h"
#include "lienzo/text/bpe_model.h"
#include "lienzo/text/byte_level.h"
#include "lienzo/text/fold.h"
#include "lienzo/text/pre_tokenizer.h"
#include "lienzo/text/tokenizer_json.h"

namespace lienzo::text {

namespace {

constexpr size_t kCachedWords = 32768;     // a vocabulary of words in use, about 4 MB
constexpr size_t kLongestCachedWord = 64;  // bytes; longer ones hardly ever come again

/// `normalized` picks the tokens searched in the normalized text; their contents are normalized
/// alike.
AddedTokenFinder make_finder(const BpeDefinition& definition, bool normalized) {
  std::vector<AddedTokenFinder::Entry> entries;
  for (const AddedToken& token : definition.added_tokens) {
    if (token.normalized != normalized) continue;
    std::string content =
        normalized ? normalize(token.content, definition.normalizer) : token.content;
    if (!content.empty()) entries.push_back({std::move(content), token.id, token.special});
  }
  return AddedTokenFinder(std::move(entries));
}

std::string replace_broken_utf8(std::string_view bytes) {
  std::string result;
  icu::UnicodeString::fromUTF8(icu::StringPiece(bytes.data(), static_cast<int32_t>(bytes.size())))
      .toUTF8String(result);
  return result;
}

}  // namespace

struct BpeTokenizer::State {
  /// Remembers the ids of words, since the same few thousand make up nearly all text. Full, it
  /// keeps what it has.
  class WordCache {
   public:
    /// Appends the ids of `word` if known.
    bool append(std::string_view word, std::vector<int>& ids) const {
      const std::shared_lock lock(mutex_);
      const auto found = words_.find(word);
      if (found == words_.end()) return false;
      ids.insert(ids.end(), found->second.begin(), found->second.end());
      return true;
    }

    void remember(std::string_view word, std::span<const int> ids) {
      if (word.size() > kLongestCachedWord) return;
      const std::unique_lock lock(mutex_);
      if (words_.size() >= kCachedWords) return;
      words_.try_emplace(std::string(word), ids.begin(), ids.end());
    }

   private:
    mutable std::shared_mutex mutex_;
    std::unordered_map<std::string, std::vector<int>, StringHash, std::equal_to<>> words_;
  };

  State(BpeDefinition parts, const std::string& where)
      : definition(std::move(parts)),
        model(definition, where),
        raw_tokens(make_finder(definition, /*normalized=*/false)),
        normalized_tokens(make_finder(definition, /*normalized=*/true)) {
    for (const std::string& token : definition.vocab)
      decoded.push_back(from_byte_level(token).value_or(token));
    special.resize(decoded.size(), false);
    std::unordered_set<std::string> contents;
    for (const AddedToken& token : definition.added_tokens) add(token, contents, where);
    if (const auto& frame = definition.frame) {
      for (const int id : {frame->first, frame->last}) {
        if (id < 0 || id >= static_cast<int>(decoded.size())) {
          throw Error(ErrorKind::kCorrupt,
                      "[" + where + "] post_processor names id " + std::to_string(id) +
                          ", expected 0 to " + std::to_string(decoded.size() - 1));
        }
      }
    }
  }

  void add(const AddedToken& token,
           std::unordered_set<std::string>& contents,
           const std::string& where) {
    const auto fail = [&](const std::string& what) {
      throw Error(ErrorKind::kCorrupt,
                  "[" + where + "] added_tokens: '" + token.content + "' " + what);
    };
    if (token.content.empty()) fail("is empty");
    if (!contents.insert(token.content).second) fail("is there twice");
    // Searched normalized, a token is also written back normalized (tokenizers >= 0.23).
    const std::string written =
        token.normalized ? normalize(token.content, definition.normalizer) : token.content;
    const auto in_vocab = model.ids().find(token.content);
    if (in_vocab != model.ids().end()) {
      if (in_vocab->second != token.id) {
        fail("has id " + std::to_string(token.id) + ", but " + std::to_string(in_vocab->second) +
             " in model.vocab");
      }
    } else {
      if (token.id != static_cast<int>(decoded.size())) {
        fail("has id " + std::to_string(token.id) + ", expected " + std::to_string(decoded.size()) +
             ", the next free one");
      }
      decoded.emplace_back();
      special.push_back(false);
      extra_ids.emplace(token.content, token.id);
    }
    decoded[token.id] = from_byte_level(written).value_or(written);
    special[token.id] = token.special;
  }

  void encode_plain(std::string_view text, std::vector<int>& ids) const {
    std::string prefixed;
    if (definition.add_prefix_space && !text.empty() && text.front() != ' ') {
      prefixed.append(1, ' ').append(text);
      text = prefixed;
    }
    for (const std::string_view word : split(text, definition.split)) {
      if (cache.append(word, ids)) continue;
      const size_t begin = ids.size();
      model.encode_word(word, ids);
      cache.remember(word, std::span(ids).subspan(begin));
    }
  }

  /// Hands the stretches between matches to `between`, and adds the matches' ids.
  template <class Between>
  static void take_tokens(const AddedTokenFinder& finder,
                          std::string_view text,
                          bool skip_special,
                          std::vector<int>& ids,
                          const Between& between) {
    size_t at = 0;
    for (const AddedTokenFinder::Match& match : finder.find_all(text, skip_special)) {
      if (match.begin > at) between(text.substr(at, match.begin - at));
      ids.push_back(match.id);
      at = match.begin + match.size;
    }
    if (at < text.size()) between(text.substr(at));
  }

  BpeDefinition definition;
  BpeModel model;
  AddedTokenFinder raw_tokens;
  AddedTokenFinder normalized_tokens;
  std::vector<std::string> decoded;  // the bytes of each id
  std::vector<bool> special;         // by id
  TokenIds extra_ids;                // added tokens outside the vocabulary
  mutable WordCache cache;
};

BpeTokenizer::BpeTokenizer(BpeDefinition definition, const std::string& where)
    : state_(std::make_shared<const State>(std::move(definition), where)) {}

BpeTokenizer BpeTokenizer::load(const std::filesystem::path& path) {
  return BpeTokenizer(definition_from_text(read_text_file(path), path.string()), path.string());
}

BpeTokenizer BpeTokenizer::from_json(const Json& json, const std::string& where) {
  return BpeTokenizer(
      definition_from_text(json.dump(-1, ' ', false, Json::error_handler_t::replace), where),
      where);
}

BpeTokenizer BpeTokenizer::train(const TextSource& next_text, const BpeTrainOptions& options) {
  return BpeTokenizer(train_bpe(next_text, options));
}

BpeTokenizer BpeTokenizer::train(const std::vector<std::string>& texts,
                                 const BpeTrainOptions& options) {
  size_t next = 0;
  return train(
      [&](std::string& text) {
        if (next == texts.size()) return false;
        text = texts[next++];
        return true;
      },
      options);
}

std::vector<int> BpeTokenizer::encode(std::string_view text, SpecialTokens special) const {
  check_utf8(text);
  const State& state = *state_;
  const bool skip_special = special == SpecialTokens::kAsText;
  std::vector<int> ids;
  ids.reserve(text.size() / 3 + 1);
  State::take_tokens(state.raw_tokens, text, skip_special, ids, [&](std::string_view stretch) {
    const std::string normalized = normalize(stretch, state.definition.normalizer);
    State::take_tokens(
        state.normalized_tokens, normalized, skip_special, ids, [&](std::string_view plain) {
          state.encode_plain(plain, ids);
        });
  });
  return ids;
}

std::string BpeTokenizer::decode(std::span<const int> ids, bool skip_special_tokens) const {
  std::string bytes;
  for (const int id : ids) {
    if (id < 0 || id >= vocab_size()) {
      throw Error(ErrorKind::kInvalidInput,
                  "[text] token id " + std::to_string(id) + ", expected 0 to " +
                      std::to_string(vocab_size() - 1));
    }
    if (!(skip_special_tokens && state_->special[id])) bytes += state_->decoded[id];
  }
  return replace_broken_utf8(bytes);
}

int BpeTokenizer::vocab_size() const { return static_cast<int>(state_->decoded.size()); }

std::optional<int> BpeTokenizer::token_id(std::string_view token) const {
  for (const TokenIds* ids : {&state_->model.ids(), &state_->extra_ids}) {
    if (const auto found = ids->find(token); found != ids->end()) return found->second;
  }
  return std::nullopt;
}

const BpeDefinition& BpeTokenizer::definition() const { return state_->definition; }

Json BpeTokenizer::to_json() const { return definition_to_json(state_->definition); }

void BpeTokenizer::save(const std::filesystem::path& path) const {
  write_file_atomic(path, to_json().dump(2) + "\n");
}

}  // namespace lienzo::text
