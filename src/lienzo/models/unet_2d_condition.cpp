#include "lienzo/models/unet_2d_condition.h"

#include <torch/nn/module.h>
#include <torch/nn/modules/container/modulelist.h>
#include <torch/nn/pimpl.h>
#include <torch/types.h>

#include "lienzo/nn/layers.h"
#include "lienzo/nn/norm_conv2d.h"
#include "lienzo/nn/resnet_block_2d.h"
#include "lienzo/nn/spatial_transformer.h"
#include "lienzo/nn/upsample_conv2d.h"
#include "lienzo/tensor/shape.h"

namespace lienzo::models {
namespace {

// TimestepEmbedding of models/embeddings.py.
struct TimestepEmbeddingImpl : torch::nn::Module {
  TimestepEmbeddingImpl(int64_t in, int64_t out, int64_t condition = 0)
      : linear_1(register_module("linear_1", nn::Linear(in, out))),
        linear_2(register_module("linear_2", nn::Linear(out, out))) {
    if (condition > 0)
      cond_proj = register_module("cond_proj", nn::Linear(condition, in, /*bias=*/false));
  }
  torch::Tensor forward(torch::Tensor x, const torch::Tensor& condition = {}) {
    if (cond_proj) x = x + cond_proj(condition);
    return linear_2(torch::silu(linear_1(x)));
  }
  nn::Linear linear_1, linear_2, cond_proj{nullptr};
};

// Hold the convolution under the name "conv", as Downsample2D and Upsample2D do.
struct DownsampleImpl : torch::nn::Module {
  explicit DownsampleImpl(int64_t channels)
      : conv(register_module(
            "conv", nn::Conv2d(nn::Conv2dOptions{.in = channels, .out = channels, .stride = 2}))) {}
  nn::Conv2d conv;
};
TORCH_MODULE(Downsample);

struct UpsampleImpl : torch::nn::Module {
  explicit UpsampleImpl(int64_t channels)
      : conv(register_module("conv", nn::UpsampleConv2d(channels, channels))) {}
  nn::UpsampleConv2d conv;
};
TORCH_MODULE(Upsample);

}  // namespace

// One level of the way down, of the way up, or the middle: residual blocks, each with a transformer
// behind it where the level attends, and a change of size at the end.
class UNetBlockImpl : public torch::nn::Module {
 public:
  enum class Way { kDown, kMiddle, kUp };
  struct Options {
    Way way = Way::kDown;
    std::vector<int64_t> in;  // channels that each residual block is given
    int64_t out = 0;
    int64_t embedding = 0;
    bool attends = false;
    bool resamples = false;
    nn::SpatialTransformerOptions transformer = {};
    int64_t groups = 32;
    double eps = 1e-5;
  };

  explicit UNetBlockImpl(const Options& o) : way_(o.way) {
    // Registered in diffusers' order, which adapters count on.
    if (o.attends) attentions_ = register_module("attentions", torch::nn::ModuleList());
    resnets_ = register_module("resnets", torch::nn::ModuleList());
    for (const int64_t in : o.in) {
      resnets_->push_back(nn::ResnetBlock2d(nn::ResnetBlock2dOptions{
          .in = in, .out = o.out, .embedding = o.embedding, .groups = o.groups, .eps = o.eps}));
    }
    const size_t transformers = !o.attends ? 0 : o.in.size() - (way_ == Way::kMiddle ? 1 : 0);
    for (size_t i = 0; i < transformers; ++i)
      attentions_->push_back(nn::SpatialTransformer(o.transformer));
    if (!o.resamples) return;
    resamplers_ =
        register_module(way_ == Way::kUp ? "upsamplers" : "downsamplers", torch::nn::ModuleList());
    if (way_ == Way::kUp)
      resamplers_->push_back(Upsample(o.out));
    else
      resamplers_->push_back(Downsample(o.out));
  }

  // Leaves what the way up will need in `skips`.
  torch::Tensor down(torch::Tensor x,
                     const torch::Tensor& embedding,
                     const torch::Tensor& context,
                     std::vector<torch::Tensor>& skips) {
    for (size_t i = 0; i < resnets_->size(); ++i) {
      x = attend(i, resnet(i, x, embedding), context);
      skips.push_back(x);
    }
    if (!resamplers_) return x;
    x = resamplers_[0]->as<DownsampleImpl>()->conv(x);
    skips.push_back(x);
    return x;
  }

  torch::Tensor middle(const torch::Tensor& x,
                       const torch::Tensor& embedding,
                       const torch::Tensor& context) {
    return resnet(1, attend(0, resnet(0, x, embedding), context), embedding);
  }

  torch::Tensor up(torch::Tensor x,
                   const torch::Tensor& embedding,
                   const torch::Tensor& context,
                   std::vector<torch::Tensor>& skips) {
    for (size_t i = 0; i < resnets_->size(); ++i) {
      x = torch::cat({x, skips.back()}, 1);
      skips.pop_back();
      x = attend(i, resnet(i, x, embedding), context);
    }
    if (!resamplers_) return x;
    // Where a side was odd on the way down, the skips are one pixel smaller.
    const torch::Tensor& next = skips.back();
    return resamplers_[0]->as<UpsampleImpl>()->conv->forward_cut(x, next.size(2), next.size(3));
  }

 private:
  torch::Tensor resnet(size_t i, const torch::Tensor& x, const torch::Tensor& embedding) {
    return resnets_[i]->as<nn::ResnetBlock2dImpl>()->forward(x, embedding);
  }
  torch::Tensor attend(size_t i, const torch::Tensor& x, const torch::Tensor& context) {
    if (!attentions_) return x;
    return attentions_[i]->as<nn::SpatialTransformerImpl>()->forward(x, context);
  }
  Way way_;
  torch::nn::ModuleList attentions_{nullptr}, resnets_{nullptr}, resamplers_{nullptr};
};

namespace {

UNetBlockImpl::Options block_options(const UNet2DConditionConfig& config, size_t level) {
  UNetBlockImpl::Options options;
  options.out = config.block_out_channels[level];
  options.embedding = config.time_embed_dim();
  options.attends = config.cross_attention_levels[level];
  options.groups = config.norm_num_groups;
  options.eps = config.norm_eps;
  options.transformer = {.channels = options.out,
                         .heads = config.heads[level],
                         .layers = config.transformer_layers[level],
                         .context = config.cross_attention_dim,
                         .groups = config.norm_num_groups,
                         .linear_projection = config.use_linear_projection};
  return options;
}

UNetBlock down_block(const UNet2DConditionConfig& config, size_t level) {
  UNetBlockImpl::Options options = block_options(config, level);
  options.in.assign(static_cast<size_t>(config.layers_per_block), options.out);
  options.in.front() = config.block_out_channels[level == 0 ? 0 : level - 1];
  options.resamples = level + 1 < config.block_out_channels.size();
  return UNetBlock(options);
}

UNetBlock middle_block(const UNet2DConditionConfig& config) {
  UNetBlockImpl::Options options = block_options(config, config.block_out_channels.size() - 1);
  options.way = UNetBlockImpl::Way::kMiddle;
  options.in.assign(2, options.out);
  options.attends = true;
  return UNetBlock(options);
}

// A residual block of the way up gets what the one before made and a skip. The skips of a level are
// as wide as it, but the last one, which came from the level above.
UNetBlock up_block(const UNet2DConditionConfig& config, size_t level) {
  const auto& widths = config.block_out_channels;
  UNetBlockImpl::Options options = block_options(config, level);
  options.way = UNetBlockImpl::Way::kUp;
  options.in.assign(static_cast<size_t>(config.layers_per_block) + 1, 2 * options.out);
  options.in.front() = widths[std::min(level + 1, widths.size() - 1)] + options.out;
  const int64_t last_skip = widths[level == 0 ? 0 : level - 1];
  options.in.back() += last_skip - options.out;
  options.resamples = level > 0;
  return UNetBlock(options);
}

}  // namespace

torch::Tensor guidance_embedding(double scale, int64_t batch, int64_t width) {
  const int64_t half = width / 2;
  const torch::Tensor frequencies = torch::exp(
      torch::arange(half, torch::kFloat) * (-std::log(10000.0) / static_cast<double>(half - 1)));
  const torch::Tensor angles = frequencies * (1000.0 * (scale - 1));
  return torch::cat({torch::sin(angles), torch::cos(angles)}).expand({batch, -1});
}

UNet2DConditionImpl::UNet2DConditionImpl(const UNet2DConditionConfig& config) : config_(config) {
  const auto& widths = config.block_out_channels;
  const int64_t first = widths.front();
  conv_in_ = register_module("conv_in",
                             nn::Conv2d(nn::Conv2dOptions{.in = config.in_channels, .out = first}));
  time_embedding_ = register_module("time_embedding",
                                    std::make_shared<TimestepEmbeddingImpl>(
                                        first, config.time_embed_dim(), config.time_cond_proj_dim));
  if (config.text_time) {
    add_embedding_ =
        register_module("add_embedding",
                        std::make_shared<TimestepEmbeddingImpl>(
                            config.projection_class_embeddings_input_dim, config.time_embed_dim()));
  }
  down_blocks_ = register_module("down_blocks", torch::nn::ModuleList());
  up_blocks_ = register_module("up_blocks", torch::nn::ModuleList());
  mid_block_ = register_module("mid_block", middle_block(config));
  for (size_t level = 0; level < widths.size(); ++level) {
    down_blocks_->push_back(down_block(config, level));
    up_blocks_->push_back(up_block(config, widths.size() - 1 - level));
  }
  conv_norm_out_ = register_module("conv_norm_out",
                                   nn::GroupNorm(config.norm_num_groups, first, config.norm_eps));
  conv_out_ = register_module(
      "conv_out", nn::Conv2d(nn::Conv2dOptions{.in = first, .out = config.out_channels}));
}

void UNet2DConditionImpl::check(const torch::Tensor& latents,
                                const UNetConditioning& conditioning) const {
  tensor::check_shape(latents, {-1, config_.in_channels, -1, -1}, "unet.latents");
  const int64_t batch = latents.size(0);
  tensor::check_shape(
      conditioning.context, {batch, -1, config_.cross_attention_dim}, "unet.context");
  if (config_.text_time) {
    tensor::check_shape(conditioning.time_ids, {batch, -1}, "unet.time_ids");
    const int64_t pooled = config_.projection_class_embeddings_input_dim -
                           conditioning.time_ids.size(1) * config_.addition_time_embed_dim;
    tensor::check_shape(conditioning.pooled_text, {batch, pooled}, "unet.pooled_text");
  }
  if (config_.time_cond_proj_dim > 0)
    tensor::check_shape(
        conditioning.guidance, {batch, config_.time_cond_proj_dim}, "unet.guidance");
}

// (B, time_embed_dim), after the SiLU that every residual block begins with.
torch::Tensor UNet2DConditionImpl::embed(const torch::Tensor& time,
                                         const UNetConditioning& conditioning) {
  const torch::ScalarType dtype = conditioning.context.scalar_type();
  const torch::Tensor guidance =
      config_.time_cond_proj_dim > 0 ? conditioning.guidance.to(dtype) : torch::Tensor();
  torch::Tensor embedding = time_embedding_->as<TimestepEmbeddingImpl>()->forward(
      nn::sinusoidal_embedding(time, config_.block_out_channels.front(), 1.0).to(dtype), guidance);
  if (config_.text_time) {
    const torch::Tensor& ids = conditioning.time_ids;
    const torch::Tensor sizes =
        nn::sinusoidal_embedding(ids.flatten(), config_.addition_time_embed_dim, 1.0)
            .view({ids.size(0), -1});
    embedding = embedding + add_embedding_->as<TimestepEmbeddingImpl>()->forward(torch::cat(
                                {conditioning.pooled_text.to(dtype), sizes.to(dtype)}, 1));
  }
  return torch::silu(embedding);
}

torch::Tensor UNet2DConditionImpl::forward(const torch::Tensor& latents,
                                           const torch::Tensor& time,
                                           const UNetConditioning& conditioning) {
  check(latents, conditioning);
  const torch::Tensor embedding = embed(time, conditioning);
  const torch::Tensor& context = conditioning.context;
  torch::Tensor x = conv_in_(latents);  // (B, widths[0], h, w)
  std::vector<torch::Tensor> skips = {x};
  for (const auto& block : *down_blocks_)
    x = block->as<UNetBlockImpl>()->down(x, embedding, context, skips);
  x = mid_block_->middle(x, embedding, context);  // (B, widths[-1], h / factor, w / factor)
  for (const auto& block : *up_blocks_)
    x = block->as<UNetBlockImpl>()->up(x, embedding, context, skips);
  return nn::norm_conv2d(x, *conv_norm_out_, *conv_out_);
}

}  // namespace lienzo::models
