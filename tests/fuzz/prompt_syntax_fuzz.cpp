// Feeds arbitrary bytes to the readers of prompts for CLIP: syntax, tokenizer, chunks. What they
// refuse is invalid input; what they accept makes schedules that end at the last step, finite
// weights and whole chunks of known tokens, and no letter of the text gets lost in tokens.
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "lienzo/base/error.h"
#include "lienzo/base/utf8.h"
#include "lienzo/text/clip_vocabulary.h"
#include "lienzo/text/normalizer.h"
#include "lienzo/text/prompt_chunks.h"
#include "lienzo/text/prompt_syntax.h"

namespace {

using namespace lienzo::text;

void require(bool promise) {
  if (!promise) std::abort();
}

const ClipTokenizer& tokenizer() {
  static const ClipTokenizer kTokenizer = [] {
    const std::vector<std::pair<std::string, std::string>> merges = {{"a", "n"},
                                                                     {"c", "a"},
                                                                     {"ca", "t</w>"},
                                                                     {"Ã", "©</w>"},
                                                                     {"!", "!"},
                                                                     {"ð", "Ł"},
                                                                     {"'", "s</w>"}};
    return ClipTokenizer(clip_definition(clip_vocab(merges), merges, "fuzz"));
  }();
  return kTokenizer;
}

std::string without_spaces(std::string text) {
  std::erase(text, ' ');
  return text;
}

void check_tokens(std::string_view text) {
  const std::vector<int> ids = tokenizer().tokenize(text);
  // The normalizer works between special tokens, and decoding trims blanks that are no White_Space.
  for (const std::string_view odd : {"<|", "\x1c", "\x1d", "\x1e", "\x1f"}) {
    if (text.find(odd) != std::string_view::npos) return;
  }
  const std::string normalized = normalize(
      text, {NormalizerStep::kNfc, NormalizerStep::kCollapseBlanks, NormalizerStep::kLowercase});
  require(without_spaces(tokenizer().decode(ids)) == without_spaces(normalized));
}

void check_chunks(const PromptChunks& prompt) {
  require(!prompt.chunks.empty() && prompt.tokens >= 0);
  require(static_cast<size_t>(prompt.tokens) <= prompt.chunks.size() * 75);
  for (const TokenChunk& chunk : prompt.chunks) {
    require(chunk.ids.size() == 77 && chunk.weights.size() == 77);
    require(chunk.ids[0] == tokenizer().start_id());
    require(chunk.ids.at(chunk.end_position) == tokenizer().end_id());
    for (const int id : chunk.ids) require(id >= 0 && id < tokenizer().vocab_size());
  }
}

void check_text(const std::string& text, PromptSyntax syntax) {
  require(lienzo::is_valid_utf8(text));
  const std::vector<WeightedText> pieces = weigh_text(text, syntax);
  require(!pieces.empty());
  for (size_t i = 0; i < pieces.size(); ++i) {
    require(std::isfinite(pieces[i].weight) && lienzo::is_valid_utf8(pieces[i].text));
    require(i == 0 || pieces[i].weight != pieces[i - 1].weight);
    check_tokens(pieces[i].text);
  }
  check_chunks(chunk_prompt(tokenizer(), pieces));
  check_chunks(chunk_prompt(tokenizer(), pieces, {.pad = 0, .comma_backtrack = 3}));
}

void check(std::string_view prompt) {
  const int steps = 1 + static_cast<int>(prompt.size() % 5);
  const int passed = static_cast<int>(prompt.size() % 3) * 4;
  const TruncatedPrompt truncated = truncate_prompt(tokenizer(), prompt);
  require((truncated.cut_tokens == 0) <= truncated.cut_text.empty());
  for (const PromptSyntax syntax : {PromptSyntax::kPlain, PromptSyntax::kAutomatic1111}) {
    for (const PromptRole role : {PromptRole::kPositive, PromptRole::kNegative}) {
      for (const PromptPart& part : plan_prompt(prompt, syntax, role, steps, passed)) {
        require(std::isfinite(part.weight) && part.schedule.back().end_step == steps);
        int last = 0;
        for (const ScheduledText& entry : part.schedule) {
          require(entry.end_step > last && entry.text.size() <= prompt.size());
          last = entry.end_step;
          check_text(entry.text, syntax);
        }
      }
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view prompt(reinterpret_cast<const char*>(data), size);
  try {
    check(prompt);
    require(lienzo::is_valid_utf8(prompt));
  } catch (const lienzo::Error& error) {
    require(error.kind() == lienzo::ErrorKind::kInvalidInput);
  }
  return 0;
}
