#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "lienzo/text/clip_tokenizer.h"
#include "lienzo/text/prompt_attention.h"

namespace lienzo::text {

/// What a CLIP text encoder sees at once.
struct TokenChunk {
  std::vector<int> ids;        // [77] start, 75 of the prompt or padding, end or padding
  std::vector<float> weights;  // [77] of each token's embedding; 1 for start, end and padding
  int end_position = 0;        // of the first end token, whose state is the pooled embedding
};

struct ChunkOptions {
  /// Fills chunks behind their end token: the tokenizer's when absent; 0 for OpenCLIP's encoders
  /// (SD 2.x, the second of SDXL).
  std::optional<int> pad = std::nullopt;
  /// Words behind a comma move on to the next chunk with it when a chunk is full and the comma is
  /// among its last that many tokens; 0 never.
  int comma_backtrack = 20;
};

struct PromptChunks {
  std::vector<TokenChunk> chunks;  // at least one
  int tokens = 0;                  // up to the last one, with the gaps that commas and BREAK leave
};

/// Cuts a prompt of any length into chunks of 75 tokens. Source:
/// AUTOMATIC1111/stable-diffusion-webui, modules/sd_hijack_clip.py, tokenize_line and
/// process_tokens. Throws kInvalidInput for text that is not UTF-8, a pad id outside the vocabulary
/// or a negative comma_backtrack.
PromptChunks chunk_prompt(const ClipTokenizer& tokenizer,
                          std::span<const WeightedText> pieces,
                          const ChunkOptions& options = {});

/// Appends chunks of the empty prompt to the shorter of two prompts, so that one pass can take
/// both. The reference does so only with its setting "Pad prompt/negative prompt to be same
/// length"; else it gives each its own pass, and the numbers differ slightly.
void equalise_chunks(const ClipTokenizer& tokenizer,
                     PromptChunks& a,
                     PromptChunks& b,
                     const ChunkOptions& options = {});

/// A prompt cut at 75 tokens, and what was lost.
struct TruncatedPrompt {
  TokenChunk chunk;
  int cut_tokens = 0;
  std::string cut_text;  // what the cut tokens say, in lower case
};

/// One chunk, every weight 1: what diffusers gives its text encoders. Throws as
/// ClipTokenizer::encode does.
TruncatedPrompt truncate_prompt(const ClipTokenizer& tokenizer,
                                std::string_view prompt,
                                std::optional<int> pad = std::nullopt);

}  // namespace lienzo::text
