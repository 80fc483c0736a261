#include "lienzo/models/autoencoder_tiny.h"

#include <fmt/format.h>
#include <torch/nn/module.h>
#include <torch/nn/modules/container/sequential.h>
#include <torch/nn/pimpl.h>
#include <torch/types.h>

#include "lienzo/base/error.h"
#include "lienzo/models/reference_config.h"
#include "lienzo/nn/conv2d.h"
#include "lienzo/nn/upsample.h"
#include "lienzo/tensor/shape.h"

namespace lienzo::models {
namespace {

nn::Conv2d convolution(int64_t in, int64_t out, int64_t stride = 1, bool bias = true) {
  return nn::Conv2d(nn::Conv2dOptions{.in = in, .out = out, .stride = stride, .bias = bias});
}

// AutoencoderTinyBlock of models/autoencoders/vae.py: convolutions 0, 2 and 4 of "conv".
struct TinyBlockImpl : torch::nn::Module {
  explicit TinyBlockImpl(int64_t width)
      : first(convolution(width, width)),
        second(convolution(width, width)),
        third(convolution(width, width)) {
    const auto conv = register_module("conv", std::make_shared<torch::nn::Module>());
    conv->register_module("0", first);
    conv->register_module("2", second);
    conv->register_module("4", third);
  }
  torch::Tensor forward(const torch::Tensor& x) {
    return torch::relu(third(torch::relu(second(torch::relu(first(x)))), /*residual=*/x));
  }
  nn::Conv2d first, second, third;
};
TORCH_MODULE(TinyBlock);

// Steps without parameters, which count in the numbering of the checkpoints.
struct ReluImpl : torch::nn::Module {
  torch::Tensor forward(const torch::Tensor& x) { return torch::relu(x); }
};
TORCH_MODULE(Relu);
struct TwiceImpl : torch::nn::Module {
  torch::Tensor forward(const torch::Tensor& x) { return nn::upsample_twice(x); }
};
TORCH_MODULE(Twice);

void push_blocks(torch::nn::Sequential& layers, int64_t width, int64_t count) {
  for (int64_t i = 0; i < count; ++i) layers->push_back(TinyBlock(width));
}

torch::nn::Sequential make_encoder(const AutoencoderTinyConfig& config) {
  torch::nn::Sequential layers;
  const auto& widths = config.encoder_block_out_channels;
  for (size_t i = 0; i < widths.size(); ++i) {
    layers->push_back(i == 0 ? convolution(config.in_channels, widths[0])
                             : convolution(widths[i], widths[i], 2, /*bias=*/false));
    push_blocks(layers, widths[i], config.num_encoder_blocks[i]);
  }
  layers->push_back(convolution(widths.back(), config.latent_channels));
  return layers;
}

torch::nn::Sequential make_decoder(const AutoencoderTinyConfig& config) {
  torch::nn::Sequential layers;
  const auto& widths = config.decoder_block_out_channels;
  layers->push_back(convolution(config.latent_channels, widths.front()));
  layers->push_back(Relu());
  for (size_t i = 0; i < widths.size(); ++i) {
    const bool last = i + 1 == widths.size();
    push_blocks(layers, widths[i], config.num_decoder_blocks[i]);
    if (!last) layers->push_back(Twice());
    layers->push_back(
        convolution(widths[i], last ? config.out_channels : widths[i], 1, /*bias=*/last));
  }
  return layers;
}

}  // namespace

AutoencoderTinyConfig AutoencoderTinyConfig::from_json(const Json& json, std::string_view where) {
  AutoencoderTinyConfig config;
  ConfigReader reader(without_nulls(json), std::string(where));
  ignore(reader,
         {"_diffusers_version",
          "_name_or_path",
          "block_out_channels",
          "force_upcast",
          "latent_magnitude",
          "latent_shift"});
  require_fixed(reader,
                where,
                {{"_class_name", "AutoencoderTiny"},
                 {"act_fn", "relu"},
                 {"shift_factor", 0.0},
                 {"upsample_fn", "nearest"},
                 {"upsampling_scaling_factor", 2}});
  reader.optional("in_channels", config.in_channels);
  reader.optional("out_channels", config.out_channels);
  reader.optional("latent_channels", config.latent_channels);
  reader.optional("encoder_block_out_channels", config.encoder_block_out_channels);
  reader.optional("decoder_block_out_channels", config.decoder_block_out_channels);
  reader.optional("num_encoder_blocks", config.num_encoder_blocks);
  reader.optional("num_decoder_blocks", config.num_decoder_blocks);
  reader.optional("scaling_factor", config.scaling_factor);
  reader.finish();
  const size_t levels = config.encoder_block_out_channels.size();
  if (levels < 1 || levels > 6)
    reader.reject("encoder_block_out_channels", "expected one to six levels");
  const auto check = [&](std::string_view key, const std::vector<int64_t>& values, int64_t most) {
    if (values.size() != levels) reader.reject(key, fmt::format("must have {} entries", levels));
    for (const int64_t value : values) {
      if (value < 1 || value > most)
        reader.reject(key, fmt::format("has {}, expected 1 to {}", value, most));
    }
  };
  check("encoder_block_out_channels", config.encoder_block_out_channels, 4096);
  check("decoder_block_out_channels", config.decoder_block_out_channels, 4096);
  check("num_encoder_blocks", config.num_encoder_blocks, 64);
  check("num_decoder_blocks", config.num_decoder_blocks, 64);
  for (const auto& [key, widths] :
       {std::pair{"encoder_block_out_channels", &config.encoder_block_out_channels},
        {"decoder_block_out_channels", &config.decoder_block_out_channels}}) {
    if (std::count(widths->begin(), widths->end(), widths->front()) !=
        static_cast<std::ptrdiff_t>(levels)) {
      reader.reject(key, "must be the same width at all levels");
    }
  }
  return config;
}

Json AutoencoderTinyConfig::to_json() const {
  return {{"_class_name", "AutoencoderTiny"},
          {"act_fn", "relu"},
          {"decoder_block_out_channels", decoder_block_out_channels},
          {"encoder_block_out_channels", encoder_block_out_channels},
          {"in_channels", in_channels},
          {"latent_channels", latent_channels},
          {"num_decoder_blocks", num_decoder_blocks},
          {"num_encoder_blocks", num_encoder_blocks},
          {"out_channels", out_channels},
          {"scaling_factor", scaling_factor},
          {"upsampling_scaling_factor", 2}};
}

AutoencoderTinyImpl::AutoencoderTinyImpl(const AutoencoderTinyConfig& config) : config_(config) {
  const auto holder = [this](const std::string& name) {
    return register_module(name, std::make_shared<torch::nn::Module>());
  };
  encoder_ = holder("encoder")->register_module("layers", make_encoder(config));
  decoder_ = holder("decoder")->register_module("layers", make_decoder(config));
}

torch::Tensor AutoencoderTinyImpl::encode(const torch::Tensor& x) {
  tensor::check_shape(x, {-1, config_.in_channels, -1, -1}, "tiny_autoencoder.x");
  const int64_t factor = config_.factor();
  if (x.size(2) % factor != 0 || x.size(3) % factor != 0) {
    throw Error(ErrorKind::kInvalidInput,
                fmt::format("[tiny_autoencoder] a picture of {}x{}, expected multiples of {}",
                            x.size(3),
                            x.size(2),
                            factor));
  }
  return encoder_->forward((x + 1) / 2);
}

torch::Tensor AutoencoderTinyImpl::decode(const torch::Tensor& z) {
  tensor::check_shape(z, {-1, config_.latent_channels, -1, -1}, "tiny_autoencoder.z");
  return decoder_->forward(torch::tanh(z / 3) * 3) * 2 - 1;
}

}  // namespace lienzo::models
