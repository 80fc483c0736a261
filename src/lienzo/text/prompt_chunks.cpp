#include "lienzo/text/prompt_chunks.h"

#include <algorithm>

#include "lienzo/base/error.h"

namespace lienzo::text {

namespace {

constexpr size_t kRoom = kClipLength - 2;  // tokens of the prompt in a chunk
constexpr const char* kComma = ",</w>";

class Chunker {
 public:
  Chunker(const ClipTokenizer& tokenizer, const ChunkOptions& options)
      : tokenizer_(tokenizer),
        pad_(options.pad.value_or(tokenizer.pad_id())),
        backtrack_(options.comma_backtrack),
        comma_(tokenizer.token_id(kComma)) {
    const auto check = [](bool good, const std::string& what) {
      if (!good) throw Error(ErrorKind::kInvalidInput, "[prompt] " + what);
    };
    check(pad_ >= 0 && pad_ < tokenizer.vocab_size(),
          "pad id " + std::to_string(pad_) + ", expected 0 to " +
              std::to_string(tokenizer.vocab_size() - 1));
    check(backtrack_ >= 0,
          "comma backtrack " + std::to_string(backtrack_) + ", expected 0 or more");
  }

  PromptChunks chunk(std::span<const WeightedText> pieces) {
    for (const WeightedText& piece : pieces) {
      if (is_break(piece)) {
        finish_chunk();
        continue;
      }
      const auto weight = static_cast<float>(piece.weight);
      for (const int id : tokenizer_.tokenize(piece.text)) add(id, weight);
    }
    if (!ids_.empty() || result_.chunks.empty()) {
      const int tokens = static_cast<int>(ids_.size());
      finish_chunk();
      result_.tokens += tokens - static_cast<int>(kRoom);
    }
    return std::move(result_);
  }

 private:
  void add(int id, float weight) {
    if (id == comma_) {
      last_comma_ = ids_.size();
    } else if (ids_.size() == kRoom && last_comma_ &&
               kRoom - *last_comma_ <= static_cast<size_t>(backtrack_)) {
      move_on_behind(*last_comma_);
    }
    if (ids_.size() == kRoom) finish_chunk();
    ids_.push_back(id);
    weights_.push_back(weight);
  }

  void move_on_behind(size_t comma) {
    const std::vector<int> ids(ids_.begin() + comma + 1, ids_.end());
    const std::vector<float> weights(weights_.begin() + comma + 1, weights_.end());
    ids_.resize(comma + 1);
    weights_.resize(comma + 1);
    finish_chunk();
    ids_ = ids;
    weights_ = weights;
  }

  void finish_chunk() {
    TokenChunk chunk;
    chunk.ids = {tokenizer_.start_id()};
    chunk.ids.insert(chunk.ids.end(), ids_.begin(), ids_.end());
    chunk.ids.resize(kClipLength, tokenizer_.end_id());
    // Behind the first end token all is padding, even words behind an end token in the prompt.
    const auto end = std::find(chunk.ids.begin(), chunk.ids.end(), tokenizer_.end_id());
    if (pad_ != tokenizer_.end_id()) std::fill(end + 1, chunk.ids.end(), pad_);
    chunk.end_position = static_cast<int>(end - chunk.ids.begin());
    chunk.weights = {1};
    chunk.weights.insert(chunk.weights.end(), weights_.begin(), weights_.end());
    chunk.weights.resize(kClipLength, 1);
    result_.chunks.push_back(std::move(chunk));
    result_.tokens += static_cast<int>(kRoom);
    ids_.clear();
    weights_.clear();
    last_comma_.reset();
  }

  const ClipTokenizer& tokenizer_;
  int pad_;
  int backtrack_;
  std::optional<int> comma_;
  PromptChunks result_;
  std::vector<int> ids_;  // of the chunk being filled
  std::vector<float> weights_;
  std::optional<size_t> last_comma_;  // in ids_
};

}  // namespace

PromptChunks chunk_prompt(const ClipTokenizer& tokenizer,
                          std::span<const WeightedText> pieces,
                          const ChunkOptions& options) {
  return Chunker(tokenizer, options).chunk(pieces);
}

void equalise_chunks(const ClipTokenizer& tokenizer,
                     PromptChunks& a,
                     PromptChunks& b,
                     const ChunkOptions& options) {
  const size_t count = std::max(a.chunks.size(), b.chunks.size());
  const TokenChunk empty = chunk_prompt(tokenizer, {}, options).chunks.front();
  for (PromptChunks* prompt : {&a, &b}) prompt->chunks.resize(count, empty);
}

TruncatedPrompt truncate_prompt(const ClipTokenizer& tokenizer,
                                std::string_view prompt,
                                std::optional<int> pad) {
  ClipEncoding encoding = tokenizer.encode(prompt, kClipLength, pad);
  TruncatedPrompt result;
  result.cut_tokens = static_cast<int>(encoding.cut.size());
  result.cut_text = tokenizer.decode(encoding.cut, /*skip_special_tokens=*/false);
  const auto end = std::find(encoding.ids.begin(), encoding.ids.end(), tokenizer.end_id());
  result.chunk.end_position = static_cast<int>(end - encoding.ids.begin());
  result.chunk.ids = std::move(encoding.ids);
  result.chunk.weights.assign(kClipLength, 1);
  return result;
}

}  // namespace lienzo::text
