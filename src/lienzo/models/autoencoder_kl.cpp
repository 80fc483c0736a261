#include "lienzo/models/autoencoder_kl.h"

#include <fmt/format.h>
#include <torch/nn/module.h>
#include <torch/nn/modules/container/modulelist.h>
#include <torch/nn/pimpl.h>
#include <torch/types.h>

#include "lienzo/base/error.h"
#include "lienzo/models/reference_config.h"
#include "lienzo/nn/fused_attention.h"
#include "lienzo/nn/group_norm.h"
#include "lienzo/nn/linear.h"
#include "lienzo/nn/norm_conv2d.h"
#include "lienzo/nn/resnet_block_2d.h"
#include "lienzo/nn/upsample_conv2d.h"
#include "lienzo/tensor/shape.h"

namespace lienzo::models {
namespace {

constexpr double kNormEpsilon = 1e-6;

nn::ResnetBlock2d resnet(int64_t in_channels, int64_t out_channels, int64_t groups) {
  return nn::ResnetBlock2d(nn::ResnetBlock2dOptions{
      .in = in_channels, .out = out_channels, .groups = groups, .eps = kNormEpsilon});
}

nn::Conv2d conv3x3(int64_t in_channels, int64_t out_channels) {
  return nn::Conv2d(nn::Conv2dOptions{.in = in_channels, .out = out_channels});
}

nn::Conv2d conv1x1(int64_t in_channels, int64_t out_channels) {
  return nn::Conv2d(
      nn::Conv2dOptions{.in = in_channels, .out = out_channels, .kernel = 1, .padding = 0});
}

// Attention of models/attention_processor.py as the middle block has it: one head over all pixels.
struct PixelAttentionImpl : torch::nn::Module {
  PixelAttentionImpl(int64_t channels, int64_t groups)
      : norm(register_module("group_norm", nn::GroupNorm(groups, channels, kNormEpsilon))),
        to_q(register_module("to_q", nn::Linear(channels, channels))),
        to_k(register_module("to_k", nn::Linear(channels, channels))),
        to_v(register_module("to_v", nn::Linear(channels, channels))),
        to_out(register_module("to_out", torch::nn::ModuleList())) {
    to_out->push_back(nn::Linear(channels, channels));
  }
  torch::Tensor forward(const torch::Tensor& x) {
    const auto tokens_of = [](const torch::Tensor& pixels) {
      return pixels.permute({0, 2, 3, 1}).flatten(1, 2);  // (B, H W, C)
    };
    const torch::Tensor tokens = tokens_of(norm(x));
    torch::Tensor h = nn::fused_attention(to_q(tokens), to_k(tokens), to_v(tokens), /*heads=*/1);
    h = to_out[0]->as<nn::LinearImpl>()->forward(h, /*residual=*/tokens_of(x));
    return h.view({x.size(0), x.size(2), x.size(3), x.size(1)}).permute({0, 3, 1, 2});
  }
  nn::GroupNorm norm;
  nn::Linear to_q, to_k, to_v;
  torch::nn::ModuleList to_out;
};
TORCH_MODULE(PixelAttention);

// Hold the convolution under the name "conv", as diffusers' Downsample2D and Upsample2D do.
struct VaeDownsampleImpl : torch::nn::Module {
  explicit VaeDownsampleImpl(int64_t channels)
      : conv(register_module("conv",
                             nn::Conv2d(nn::Conv2dOptions{
                                 .in = channels, .out = channels, .stride = 2, .padding = 0}))) {}
  torch::Tensor forward(const torch::Tensor& x) {
    return conv(torch::constant_pad_nd(x, {0, 1, 0, 1}, 0));  // one column right, one row below
  }
  nn::Conv2d conv;
};
TORCH_MODULE(VaeDownsample);

struct VaeUpsampleImpl : torch::nn::Module {
  explicit VaeUpsampleImpl(int64_t channels)
      : conv(register_module("conv", nn::UpsampleConv2d(channels, channels))) {}
  nn::UpsampleConv2d conv;
};
TORCH_MODULE(VaeUpsample);

// DownEncoderBlock2D or UpDecoderBlock2D.
struct LevelImpl : torch::nn::Module {
  LevelImpl(int64_t in_channels,
            int64_t out_channels,
            int64_t layers,
            int64_t groups,
            bool up,
            bool resamples)
      : resnets(register_module("resnets", torch::nn::ModuleList())) {
    for (int64_t i = 0; i < layers; ++i) {
      resnets->push_back(resnet(i == 0 ? in_channels : out_channels, out_channels, groups));
    }
    if (!resamples) return;
    resamplers = register_module(up ? "upsamplers" : "downsamplers", torch::nn::ModuleList());
    if (up)
      resamplers->push_back(VaeUpsample(out_channels));
    else
      resamplers->push_back(VaeDownsample(out_channels));
  }
  torch::Tensor forward(torch::Tensor x) {
    for (const auto& resnet : *resnets) x = resnet->as<nn::ResnetBlock2dImpl>()->forward(x);
    if (!resamplers) return x;
    if (auto* upsample = resamplers[0]->as<VaeUpsampleImpl>()) return upsample->conv(x);
    return resamplers[0]->as<VaeDownsampleImpl>()->forward(x);
  }
  torch::nn::ModuleList resnets;
  torch::nn::ModuleList resamplers{nullptr};
};
TORCH_MODULE(Level);

void require(bool supported, std::string_view where, const std::string& what) {
  if (!supported) throw Error(ErrorKind::kUnsupported, fmt::format("{}: {}", where, what));
}

}  // namespace

AutoencoderKlConfig AutoencoderKlConfig::from_json(const Json& json, std::string_view where) {
  AutoencoderKlConfig config;
  ConfigReader reader(without_nulls(json), std::string(where));
  std::vector<std::string> down = {"DownEncoderBlock2D"}, up = {"UpDecoderBlock2D"};
  std::string name = "AutoencoderKL", activation = "silu";
  ignore(reader, {"_diffusers_version", "_name_or_path", "force_upcast", "sample_size"});
  reader.optional("_class_name", name);
  reader.optional("act_fn", activation);
  reader.optional("in_channels", config.in_channels);
  reader.optional("out_channels", config.out_channels);
  reader.optional("latent_channels", config.latent_channels);
  reader.optional("block_out_channels", config.block_out_channels);
  reader.optional("layers_per_block", config.layers_per_block);
  reader.optional("norm_num_groups", config.norm_num_groups);
  reader.optional("scaling_factor", config.scaling_factor);
  reader.optional("shift_factor", config.shift_factor);
  reader.optional("use_quant_conv", config.use_quant_conv);
  reader.optional("use_post_quant_conv", config.use_post_quant_conv);
  reader.optional("mid_block_add_attention", config.mid_block_add_attention);
  const bool names_blocks = reader.has("down_block_types") || reader.has("up_block_types");
  reader.optional("down_block_types", down);
  reader.optional("up_block_types", up);
  reader.finish();

  require(name == "AutoencoderKL",
          where,
          fmt::format("'_class_name' is \"{}\", expected \"AutoencoderKL\"", name));
  require(activation == "silu",
          where,
          fmt::format("'act_fn' is \"{}\", only \"silu\" is known", activation));
  for (const std::string& type : down) {
    require(type == "DownEncoderBlock2D",
            where,
            fmt::format("'down_block_types' has \"{}\", only DownEncoderBlock2D is known", type));
  }
  for (const std::string& type : up) {
    require(type == "UpDecoderBlock2D",
            where,
            fmt::format("'up_block_types' has \"{}\", only UpDecoderBlock2D is known", type));
  }
  const size_t levels = config.block_out_channels.size();
  if (levels < 1 || levels > 6) reader.reject("block_out_channels", "expected one to six levels");
  if (names_blocks && (down.size() != levels || up.size() != levels)) {
    reader.reject("block_out_channels",
                  "must have as many entries as 'down_block_types' and 'up_block_types'");
  }
  const auto within = [&](std::string_view key, int64_t value, int64_t most) {
    if (value < 1 || value > most)
      reader.reject(key, fmt::format("is {}, expected 1 to {}", value, most));
  };
  within("in_channels", config.in_channels, 64);
  within("out_channels", config.out_channels, 64);
  within("latent_channels", config.latent_channels, 256);
  within("layers_per_block", config.layers_per_block, 16);
  within("norm_num_groups", config.norm_num_groups, 4096);
  for (const int64_t width : config.block_out_channels) {
    within("block_out_channels", width, 8192);
    if (width % config.norm_num_groups != 0) {
      reader.reject(
          "block_out_channels",
          fmt::format(
              "has {}, not divisible by norm_num_groups {}", width, config.norm_num_groups));
    }
  }
  if (!(config.scaling_factor > 0)) reader.reject("scaling_factor", "must be more than 0");
  return config;
}

Json AutoencoderKlConfig::to_json() const {
  const std::vector<std::string> down(block_out_channels.size(), "DownEncoderBlock2D");
  const std::vector<std::string> up(block_out_channels.size(), "UpDecoderBlock2D");
  return {{"_class_name", "AutoencoderKL"},
          {"act_fn", "silu"},
          {"block_out_channels", block_out_channels},
          {"down_block_types", down},
          {"in_channels", in_channels},
          {"latent_channels", latent_channels},
          {"layers_per_block", layers_per_block},
          {"mid_block_add_attention", mid_block_add_attention},
          {"norm_num_groups", norm_num_groups},
          {"out_channels", out_channels},
          {"scaling_factor", scaling_factor},
          {"shift_factor", shift_factor},
          {"up_block_types", up},
          {"use_post_quant_conv", use_post_quant_conv},
          {"use_quant_conv", use_quant_conv}};
}

struct AutoencoderMidBlockImpl : torch::nn::Module {
  AutoencoderMidBlockImpl(int64_t channels, const AutoencoderKlConfig& config)
      : resnets(register_module("resnets", torch::nn::ModuleList())) {
    if (config.mid_block_add_attention) {
      attentions = register_module("attentions", torch::nn::ModuleList());
      attentions->push_back(PixelAttention(channels, config.norm_num_groups));
    }
    for (int i = 0; i < 2; ++i)
      resnets->push_back(resnet(channels, channels, config.norm_num_groups));
  }
  torch::Tensor forward(const torch::Tensor& x) {
    torch::Tensor h = resnets[0]->as<nn::ResnetBlock2dImpl>()->forward(x);
    if (attentions) h = attentions[0]->as<PixelAttentionImpl>()->forward(h);
    return resnets[1]->as<nn::ResnetBlock2dImpl>()->forward(h);
  }
  torch::nn::ModuleList attentions{nullptr}, resnets;
};
TORCH_MODULE(AutoencoderMidBlock);

class AutoencoderEncoderImpl : public torch::nn::Module {
 public:
  explicit AutoencoderEncoderImpl(const AutoencoderKlConfig& config) {
    const auto& widths = config.block_out_channels;
    conv_in_ = register_module("conv_in", conv3x3(config.in_channels, widths.front()));
    down_blocks_ = register_module("down_blocks", torch::nn::ModuleList());
    for (size_t i = 0; i < widths.size(); ++i) {
      down_blocks_->push_back(Level(widths[i == 0 ? 0 : i - 1],
                                    widths[i],
                                    config.layers_per_block,
                                    config.norm_num_groups,
                                    /*up=*/false,
                                    i + 1 < widths.size()));
    }
    mid_block_ = register_module("mid_block", AutoencoderMidBlock(widths.back(), config));
    conv_norm_out_ = register_module(
        "conv_norm_out", nn::GroupNorm(config.norm_num_groups, widths.back(), kNormEpsilon));
    conv_out_ = register_module("conv_out", conv3x3(widths.back(), 2 * config.latent_channels));
  }
  torch::Tensor forward(const torch::Tensor& x) {
    torch::Tensor h = conv_in_(x);  // (B, widths[0], H, W)
    // Moved, so that nobody holds what a level began with: those are the largest tensors of all.
    for (const auto& block : *down_blocks_) h = block->as<LevelImpl>()->forward(std::move(h));
    h = mid_block_->forward(h);                              // (B, widths[-1], h, w)
    return nn::norm_conv2d(h, *conv_norm_out_, *conv_out_);  // (B, 2 latent, h, w)
  }

 private:
  nn::Conv2d conv_in_{nullptr}, conv_out_{nullptr};
  torch::nn::ModuleList down_blocks_{nullptr};
  AutoencoderMidBlock mid_block_{nullptr};
  nn::GroupNorm conv_norm_out_{nullptr};
};

class AutoencoderDecoderImpl : public torch::nn::Module {
 public:
  explicit AutoencoderDecoderImpl(const AutoencoderKlConfig& config) {
    const std::vector<int64_t> widths(config.block_out_channels.rbegin(),
                                      config.block_out_channels.rend());
    conv_in_ = register_module("conv_in", conv3x3(config.latent_channels, widths.front()));
    up_blocks_ = register_module("up_blocks", torch::nn::ModuleList());
    for (size_t i = 0; i < widths.size(); ++i) {
      up_blocks_->push_back(Level(widths[i == 0 ? 0 : i - 1],
                                  widths[i],
                                  config.layers_per_block + 1,
                                  config.norm_num_groups,
                                  /*up=*/true,
                                  i + 1 < widths.size()));
    }
    mid_block_ = register_module("mid_block", AutoencoderMidBlock(widths.front(), config));
    conv_norm_out_ = register_module(
        "conv_norm_out", nn::GroupNorm(config.norm_num_groups, widths.back(), kNormEpsilon));
    conv_out_ = register_module("conv_out", conv3x3(widths.back(), config.out_channels));
  }
  torch::Tensor forward(const torch::Tensor& z) {
    torch::Tensor h = mid_block_->forward(conv_in_(z));  // (B, widths[0], h, w)
    for (const auto& block : *up_blocks_) h = block->as<LevelImpl>()->forward(std::move(h));
    return nn::norm_conv2d(h, *conv_norm_out_, *conv_out_);  // (B, out, H, W)
  }

 private:
  nn::Conv2d conv_in_{nullptr}, conv_out_{nullptr};
  torch::nn::ModuleList up_blocks_{nullptr};
  AutoencoderMidBlock mid_block_{nullptr};
  nn::GroupNorm conv_norm_out_{nullptr};
};

AutoencoderKlImpl::AutoencoderKlImpl(const AutoencoderKlConfig& config)
    : config_(config),
      encoder_(register_module("encoder", std::make_shared<AutoencoderEncoderImpl>(config))),
      decoder_(register_module("decoder", std::make_shared<AutoencoderDecoderImpl>(config))) {
  const int64_t latent = config.latent_channels;
  if (config.use_quant_conv)
    quant_conv_ = register_module("quant_conv", conv1x1(2 * latent, 2 * latent));
  if (config.use_post_quant_conv)
    post_quant_conv_ = register_module("post_quant_conv", conv1x1(latent, latent));
}

AutoencoderKlImpl::Posterior AutoencoderKlImpl::encode(const torch::Tensor& x) {
  tensor::check_shape(x, {-1, config_.in_channels, -1, -1}, "autoencoder.x");
  const int64_t factor = config_.factor();
  if (x.size(2) % factor != 0 || x.size(3) % factor != 0) {
    throw Error(ErrorKind::kInvalidInput,
                fmt::format("[autoencoder] a picture of {}x{}, expected multiples of {}",
                            x.size(3),
                            x.size(2),
                            factor));
  }
  torch::Tensor moments = encoder_->forward(x);
  if (quant_conv_) moments = quant_conv_(moments);
  const std::vector<torch::Tensor> halves = moments.chunk(2, 1);
  return {.mean = halves[0], .logvar = halves[1].clamp(-30, 20)};
}

torch::Tensor AutoencoderKlImpl::decode(const torch::Tensor& z) {
  tensor::check_shape(z, {-1, config_.latent_channels, -1, -1}, "autoencoder.z");
  return decoder_->forward(post_quant_conv_ ? post_quant_conv_(z) : z);
}

}  // namespace lienzo::models
