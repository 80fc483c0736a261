#include "lienzo/pipelines/stable_diffusion/guided_unet.h"

#include <torch/types.h>

namespace lienzo::pipelines {

diffusion::Denoiser GuidedUNet::denoiser(const diffusion::NoiseModel& model) {
  const auto inner = model.denoiser(
      [this](const torch::Tensor& x, const torch::Tensor& time) { return predict(x, time); });
  return [this, inner](const torch::Tensor& x, double sigma) {
    sigma_ = sigma;
    return inner(x, sigma);
  };
}

// Rows `first` to `first + rows` of the whole list, in which picture b has rows b K to (b + 1) K,
// one for each of the K texts in `told`.
torch::Tensor GuidedUNet::pass(const torch::Tensor& x,
                               const torch::Tensor& time,
                               int64_t first,
                               int64_t rows,
                               const std::vector<const Conditioning*>& told) {
  const auto texts = static_cast<int64_t>(told.size());
  std::vector<torch::Tensor> inputs, contexts, pooled, time_ids;
  const bool xl = options_.time_ids.defined();
  for (int64_t row = first; row < first + rows; ++row) {
    const int64_t picture = row / texts;
    const Conditioning& text = *told[static_cast<size_t>(row % texts)];
    torch::Tensor input = x.slice(0, picture, picture + 1);
    if (options_.extra_channels.defined())
      input = torch::cat({input, options_.extra_channels.slice(0, picture, picture + 1)}, 1);
    inputs.push_back(input);
    contexts.push_back(text.context);
    if (!xl) continue;
    pooled.push_back(text.pooled);
    const bool negative = texts > 1 && row % texts == 0;
    time_ids.push_back(negative ? options_.negative_time_ids : options_.time_ids);
  }
  models::UNetConditioning conditioning{.context = torch::cat(contexts)};
  if (xl) {
    conditioning.pooled_text = torch::cat(pooled);
    conditioning.time_ids = torch::cat(time_ids);
  }
  const int64_t told_guidance = options_.unet->config().time_cond_proj_dim;
  if (told_guidance > 0) {
    conditioning.guidance = models::guidance_embedding(options_.guidance.scale, rows, told_guidance)
                                .to(options_.device);
  }
  return options_
      .unet(torch::cat(inputs).to(options_.dtype), time.slice(0, 0, 1).expand({rows}), conditioning)
      .to(torch::kFloat);
}

// x (B, 4, h, w) as the network saw it in training -> its guided output, fp32.
torch::Tensor GuidedUNet::predict(const torch::Tensor& x, const torch::Tensor& time) {
  const auto& parts = options_.conditioning.positive.parts;
  const diffusion::GuidanceOptions& guidance = options_.guidance;
  // A distilled model is told its guidance as a number and needs no second row.
  const bool active = guidance.active(sigma_) && options_.unet->config().time_cond_proj_dim == 0;
  const bool composed = parts.size() > 1 || parts.front().weight != 1;
  const bool guided = active || composed;
  std::vector<const Conditioning*> told;
  if (guided) told.push_back(&options_.conditioning.negative.parts.front().at(step_));
  for (const auto& part : parts) told.push_back(&part.at(step_));

  const auto texts = static_cast<int64_t>(told.size());
  const int64_t rows = x.size(0) * texts;
  std::vector<torch::Tensor> outputs;
  for (int64_t first = 0; first < rows; first += options_.rows_per_pass)
    outputs.push_back(pass(x, time, first, std::min(options_.rows_per_pass, rows - first), told));
  const torch::Tensor all =
      torch::cat(outputs).view({x.size(0), texts, x.size(1), x.size(2), x.size(3)});

  if (!guided) return all.select(1, 0);
  const torch::Tensor uncond = all.select(1, 0);
  torch::Tensor cond = all.select(1, 1);
  if (composed) {
    // uncond + scale * sum(weight * (cond - uncond)): guidance towards this.
    cond = uncond;
    for (size_t k = 0; k < parts.size(); ++k)
      cond = cond + (all.select(1, static_cast<int64_t>(k) + 1) - uncond) * parts[k].weight;
  }
  return diffusion::classifier_free_guidance(
      cond, uncond, active ? guidance.scale : 1, active ? guidance.rescale : 0);
}

}  // namespace lienzo::pipelines
