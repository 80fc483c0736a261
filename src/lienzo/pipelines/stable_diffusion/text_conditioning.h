#pragma once

#include <torch/types.h>

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lienzo/models/clip_text_model.h"
#include "lienzo/text/clip_tokenizer.h"
#include "lienzo/text/prompt_chunks.h"
#include "lienzo/text/prompt_syntax.h"

namespace lienzo::pipelines {

/// One text encoder of a model and how that model reads it.
struct TextEncoderPart {
  models::ClipTextModel model{nullptr};
  text::ClipTokenizer tokenizer;
  std::optional<int> pad = {};  // id behind the end of a text; empty: the tokenizer's
  int64_t skip = 0;             // layers left off: 1 in SDXL, which reads the last but one
  int64_t absent = 0;           // layers left off that the file lacks: 1 in SD 2
  bool normed = true;           // whether the final norm is applied to the states; not in SDXL
};

/// What a text becomes: context (1, 77 chunks, width of all encoders), pooled (1, P) of the last
/// encoder's first chunk.
struct Conditioning {
  torch::Tensor context, pooled;
};

/// A prompt over the steps of a run: each part has its guidance weight and says from step to step
/// what holds.
struct PromptConditioning {
  struct Until {
    int end_step = 0;  // the last step, counted from 1
    Conditioning conditioning;
  };
  struct Part {
    double weight = 1;
    std::vector<Until> schedule;
    const Conditioning& at(int step) const;  // step counted from 1; behind the end, the last
  };
  std::vector<Part> parts;
};

/// A prompt and its negative, all of the same number of chunks, so that they go through the network
/// together.
struct ConditioningPair {
  PromptConditioning positive;
  PromptConditioning negative;  // one part
};

struct ConditioningRequest {
  std::string_view prompt, negative_prompt;
  text::PromptSyntax syntax = text::PromptSyntax::kPlain;
  int clip_skip = 0;  // layers left off, where the model's own rule does not leave off more
  int steps = 1, passed = 0;
  bool zeros_for_no_negative = false;  // SDXL's force_zeros_for_empty_prompt
};

/// Tokens of the prompt, as many as the longest of the encoders counts.
int count_tokens(const std::vector<TextEncoderPart>& encoders,
                 std::string_view prompt,
                 text::PromptSyntax syntax);

/// Encodes both prompts in `dtype` on `device`. Weights multiply a token's states, after which the
/// mean over a chunk is restored (AUTOMATIC1111/stable-diffusion-webui, modules/sd_emphasis.py,
/// "Original"); of SDXL's encoders each is weighted by itself. Throws kInvalidInput as the readers
/// of the syntax do, and for more layers skipped than there are.
ConditioningPair encode_prompts(std::vector<TextEncoderPart>& encoders,
                                const ConditioningRequest& request,
                                const torch::Device& device,
                                torch::ScalarType dtype);

}  // namespace lienzo::pipelines
