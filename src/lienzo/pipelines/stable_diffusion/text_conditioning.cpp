#include "lienzo/pipelines/stable_diffusion/text_conditioning.h"

#include <torch/types.h>

#include <algorithm>

namespace lienzo::pipelines {
namespace {

using text::PromptChunks;
using text::WeightedText;

PromptChunks chunks_of(const TextEncoderPart& encoder, const std::vector<WeightedText>& pieces) {
  return text::chunk_prompt(encoder.tokenizer, pieces, {.pad = encoder.pad});
}

torch::Tensor ids_of(const PromptChunks& chunks) {
  std::vector<torch::Tensor> rows;
  for (const text::TokenChunk& chunk : chunks.chunks)
    rows.push_back(torch::tensor(chunk.ids, torch::kInt64));
  return torch::stack(rows);  // (N, 77)
}

// (N, 77, 1); undefined where all are 1, so that plain prompts keep the encoder's very numbers.
torch::Tensor weights_of(const PromptChunks& chunks) {
  std::vector<torch::Tensor> rows;
  bool plain = true;
  for (const text::TokenChunk& chunk : chunks.chunks) {
    for (const float weight : chunk.weights) plain = plain && weight == 1;
    rows.push_back(torch::tensor(chunk.weights));
  }
  return plain ? torch::Tensor() : torch::stack(rows).unsqueeze(-1);
}

torch::Tensor emphasise(const torch::Tensor& states, const torch::Tensor& weights) {
  const torch::Tensor before = states.to(torch::kFloat);
  const torch::Tensor after = before * weights;
  const torch::Tensor restore = before.mean({1, 2}, true) / after.mean({1, 2}, true);
  return (after * restore).to(states.scalar_type());
}

class Encoding {
 public:
  Encoding(std::vector<TextEncoderPart>& encoders,
           const ConditioningRequest& request,
           const torch::Device& device,
           torch::ScalarType dtype)
      : encoders_(encoders), request_(request), device_(device), dtype_(dtype) {}

  // Every text must have been seen before the first is encoded.
  void measure(const std::string& words) {
    const auto pieces = text::weigh_text(words, request_.syntax);
    for (const TextEncoderPart& encoder : encoders_)
      most_chunks_ = std::max(most_chunks_, chunks_of(encoder, pieces).chunks.size());
  }

  const Conditioning& encode(const std::string& words) {
    const auto found = known_.find(words);
    if (found != known_.end()) return found->second;
    const auto pieces = text::weigh_text(words, request_.syntax);
    std::vector<torch::Tensor> contexts;
    Conditioning result;
    for (TextEncoderPart& encoder : encoders_) {
      PromptChunks chunks = chunks_of(encoder, pieces);
      const PromptChunks empty = chunks_of(encoder, {{}});
      while (chunks.chunks.size() < most_chunks_) chunks.chunks.push_back(empty.chunks.front());
      // All programs but diffusers count from the very end, and models of XL are published with
      // the advice "clip skip 2", which is what they do anyway.
      const int64_t skip =
          std::max<int64_t>(encoder.skip, int64_t{request_.clip_skip} - encoder.absent);
      const auto output = encoder.model(ids_of(chunks).to(device_), skip, encoder.normed);
      torch::Tensor states = output.hidden;  // (N, 77, width)
      const torch::Tensor weights = weights_of(chunks);
      if (weights.defined()) states = emphasise(states, weights.to(device_));
      contexts.push_back(states.reshape({1, -1, states.size(2)}).to(dtype_));
      result.pooled = output.pooled.slice(0, 0, 1).to(dtype_);
    }
    result.context = torch::cat(contexts, 2);
    return known_.emplace(words, std::move(result)).first->second;
  }

 private:
  std::vector<TextEncoderPart>& encoders_;
  const ConditioningRequest& request_;
  torch::Device device_;
  torch::ScalarType dtype_;
  size_t most_chunks_ = 1;
  std::map<std::string, Conditioning> known_;
};

PromptConditioning encode_plan(Encoding& encoding, const std::vector<text::PromptPart>& plan) {
  PromptConditioning result;
  for (const text::PromptPart& part : plan) {
    PromptConditioning::Part encoded{.weight = part.weight, .schedule = {}};
    for (const text::ScheduledText& until : part.schedule)
      encoded.schedule.push_back({until.end_step, encoding.encode(until.text)});
    result.parts.push_back(std::move(encoded));
  }
  return result;
}

}  // namespace

const Conditioning& PromptConditioning::Part::at(int step) const {
  for (const Until& until : schedule) {
    if (step <= until.end_step) return until.conditioning;
  }
  return schedule.back().conditioning;
}

int count_tokens(const std::vector<TextEncoderPart>& encoders,
                 std::string_view prompt,
                 text::PromptSyntax syntax) {
  int most = 0;
  for (const TextEncoderPart& encoder : encoders)
    most = std::max(most, chunks_of(encoder, text::weigh_text(prompt, syntax)).tokens);
  return most;
}

ConditioningPair encode_prompts(std::vector<TextEncoderPart>& encoders,
                                const ConditioningRequest& request,
                                const torch::Device& device,
                                torch::ScalarType dtype) {
  const auto plan = [&](std::string_view prompt, text::PromptRole role) {
    return text::plan_prompt(prompt, request.syntax, role, request.steps, request.passed);
  };
  const auto positive = plan(request.prompt, text::PromptRole::kPositive);
  const auto negative = plan(request.negative_prompt, text::PromptRole::kNegative);
  Encoding encoding(encoders, request, device, dtype);
  for (const auto* parts : {&positive, &negative}) {
    for (const text::PromptPart& part : *parts) {
      for (const text::ScheduledText& until : part.schedule) encoding.measure(until.text);
    }
  }
  ConditioningPair pair{encode_plan(encoding, positive), {}};
  if (request.negative_prompt.empty() && request.zeros_for_no_negative) {
    const Conditioning& like = pair.positive.parts.front().schedule.front().conditioning;
    Conditioning zeros{torch::zeros_like(like.context), torch::zeros_like(like.pooled)};
    pair.negative.parts = {{.weight = 1, .schedule = {{request.steps, std::move(zeros)}}}};
  } else {
    pair.negative = encode_plan(encoding, negative);
  }
  return pair;
}

}  // namespace lienzo::pipelines
