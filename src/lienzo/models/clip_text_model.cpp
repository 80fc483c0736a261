#include "lienzo/models/clip_text_model.h"

#include <fmt/format.h>
#include <torch/nn/init.h>
#include <torch/nn/module.h>
#include <torch/nn/modules/container/modulelist.h>
#include <torch/nn/pimpl.h>
#include <torch/types.h>

#include <optional>

#include "lienzo/base/error.h"
#include "lienzo/models/reference_config.h"
#include "lienzo/nn/activations.h"
#include "lienzo/nn/fused_attention.h"
#include "lienzo/nn/layer_norm.h"
#include "lienzo/nn/linear.h"
#include "lienzo/nn/prepare.h"
#include "lienzo/nn/skip_init.h"
#include "lienzo/tensor/shape.h"

namespace lienzo::models {
namespace {

struct AttentionImpl : torch::nn::Module {
  explicit AttentionImpl(const ClipTextConfig& config)
      : heads(config.num_attention_heads),
        k_proj(register_module("k_proj", nn::Linear(config.hidden_size, config.hidden_size))),
        v_proj(register_module("v_proj", nn::Linear(config.hidden_size, config.hidden_size))),
        q_proj(register_module("q_proj", nn::Linear(config.hidden_size, config.hidden_size))),
        out_proj(register_module("out_proj", nn::Linear(config.hidden_size, config.hidden_size))) {}
  torch::Tensor forward(const torch::Tensor& x, const torch::Tensor& residual) {
    const torch::Tensor mixed =
        nn::fused_attention(q_proj(x), k_proj(x), v_proj(x), heads, /*causal=*/true);
    return out_proj(mixed, residual);
  }
  int64_t heads;
  nn::Linear k_proj, v_proj, q_proj, out_proj;
};
TORCH_MODULE(Attention);

struct MlpImpl : torch::nn::Module {
  explicit MlpImpl(const ClipTextConfig& config)
      : quick(config.quick_gelu),
        fc1(register_module("fc1", nn::Linear(config.hidden_size, config.intermediate_size))),
        fc2(register_module("fc2", nn::Linear(config.intermediate_size, config.hidden_size))) {}
  torch::Tensor forward(const torch::Tensor& x, const torch::Tensor& residual) {
    const torch::Tensor h = fc1(x);
    return fc2(quick ? nn::quick_gelu(h) : nn::gelu(h), residual);
  }
  bool quick;
  nn::Linear fc1, fc2;
};
TORCH_MODULE(Mlp);

// CLIPEncoderLayer.
struct LayerImpl : torch::nn::Module {
  explicit LayerImpl(const ClipTextConfig& config)
      : self_attn(register_module("self_attn", Attention(config))),
        layer_norm1(register_module("layer_norm1",
                                    nn::LayerNorm(config.hidden_size, config.layer_norm_eps))),
        mlp(register_module("mlp", Mlp(config))),
        layer_norm2(register_module("layer_norm2",
                                    nn::LayerNorm(config.hidden_size, config.layer_norm_eps))) {}
  torch::Tensor forward(const torch::Tensor& x) {
    const torch::Tensor h = self_attn(layer_norm1(x), x);
    return mlp(layer_norm2(h), h);
  }
  Attention self_attn;
  nn::LayerNorm layer_norm1;
  Mlp mlp;
  nn::LayerNorm layer_norm2;
};
TORCH_MODULE(Layer);

}  // namespace

struct ClipTextModelImpl::Parts {
  // A table of rows under the name "weight". It stays in its file's type where that is the smaller
  // one: a text reads few of its rows.
  struct TableImpl : torch::nn::Module, nn::Preparable {
    TableImpl(int64_t rows, int64_t width)
        : weight(register_parameter("weight", torch::empty({rows, width}))) {
      if (!nn::SkipInit::active()) torch::nn::init::normal_(weight, 0, 0.02);
    }
    void prepare(torch::ScalarType dtype) override {
      const bool smaller = c10::elementSize(weight.scalar_type()) <= c10::elementSize(dtype);
      // A copy, so that the file may go.
      weight.set_data(weight.to(smaller ? weight.scalar_type() : dtype,
                                /*non_blocking=*/false,
                                /*copy=*/true));
      type = dtype;
    }
    torch::Tensor rows(const torch::Tensor& ids) {
      const torch::Tensor found = torch::embedding(weight, ids);
      return type ? found.to(*type) : found;
    }
    torch::Tensor weight;
    std::optional<torch::ScalarType> type;  // once prepared
  };
  TORCH_MODULE(Table);

  Table token_embedding{nullptr}, position_embedding{nullptr};
  torch::nn::ModuleList layers;
  nn::LayerNorm final_layer_norm{nullptr};
  nn::Linear text_projection{nullptr};
};

ClipTextConfig ClipTextConfig::from_json(const Json& json, std::string_view where) {
  ClipTextConfig config;
  config.projection_dim = 512;  // what transformers takes where the file does not say
  ConfigReader reader(without_nulls(json), std::string(where));
  ignore(reader,
         {"_name_or_path",
          "attention_dropout",
          "bos_token_id",
          "chunk_size_feed_forward",
          "dropout",
          "dtype",
          "id2label",
          "initializer_factor",
          "initializer_range",
          "is_decoder",
          "is_encoder_decoder",
          "label2id",
          "output_attentions",
          "output_hidden_states",
          "pad_token_id",
          "problem_type",
          "return_dict",
          "torch_dtype",
          "transformers_version"});
  require_fixed(reader, where, {{"model_type", "clip_text_model"}});
  std::vector<std::string> architectures = {"CLIPTextModel"};
  std::string activation = "quick_gelu";
  reader.optional("architectures", architectures);
  reader.optional("hidden_act", activation);
  reader.optional("vocab_size", config.vocab_size);
  reader.optional("hidden_size", config.hidden_size);
  reader.optional("intermediate_size", config.intermediate_size);
  reader.optional("num_hidden_layers", config.num_hidden_layers);
  reader.optional("num_attention_heads", config.num_attention_heads);
  reader.optional("max_position_embeddings", config.max_position_embeddings);
  reader.optional("layer_norm_eps", config.layer_norm_eps);
  reader.optional("projection_dim", config.projection_dim);
  reader.optional("eos_token_id", config.eos_token_id);
  reader.finish();

  const bool projects = architectures == std::vector<std::string>{"CLIPTextModelWithProjection"};
  if (!projects && architectures != std::vector<std::string>{"CLIPTextModel"}) {
    throw Error(ErrorKind::kUnsupported,
                fmt::format("{}: 'architectures' is {}, only CLIPTextModel and "
                            "CLIPTextModelWithProjection are known",
                            where,
                            Json(architectures).dump()));
  }
  if (!projects) config.projection_dim = 0;
  if (activation != "quick_gelu" && activation != "gelu") {
    throw Error(
        ErrorKind::kUnsupported,
        fmt::format("{}: 'hidden_act' is \"{}\", only \"quick_gelu\" and \"gelu\" are known",
                    where,
                    activation));
  }
  config.quick_gelu = activation == "quick_gelu";
  const auto within = [&](std::string_view key, int64_t value, int64_t most, int64_t least = 1) {
    if (value < least || value > most)
      reader.reject(key, fmt::format("is {}, expected {} to {}", value, least, most));
  };
  within("vocab_size", config.vocab_size, 1'000'000);
  within("hidden_size", config.hidden_size, 16384);
  within("intermediate_size", config.intermediate_size, 65536);
  within("num_hidden_layers", config.num_hidden_layers, 256);
  within("num_attention_heads", config.num_attention_heads, 512);
  within("max_position_embeddings", config.max_position_embeddings, 65536);
  within("projection_dim", config.projection_dim, 16384, 0);
  within("eos_token_id", config.eos_token_id, 10'000'000, 0);
  if (config.hidden_size % config.num_attention_heads != 0) {
    reader.reject("num_attention_heads",
                  fmt::format("is {}, which does not divide hidden_size {}",
                              config.num_attention_heads,
                              config.hidden_size));
  }
  if (!(config.layer_norm_eps > 0)) reader.reject("layer_norm_eps", "must be more than 0");
  return config;
}

Json ClipTextConfig::to_json() const {
  Json json = {
      {"architectures", {projection_dim > 0 ? "CLIPTextModelWithProjection" : "CLIPTextModel"}},
      {"eos_token_id", eos_token_id},
      {"hidden_act", quick_gelu ? "quick_gelu" : "gelu"},
      {"hidden_size", hidden_size},
      {"intermediate_size", intermediate_size},
      {"layer_norm_eps", layer_norm_eps},
      {"max_position_embeddings", max_position_embeddings},
      {"model_type", "clip_text_model"},
      {"num_attention_heads", num_attention_heads},
      {"num_hidden_layers", num_hidden_layers},
      {"vocab_size", vocab_size}};
  if (projection_dim > 0) json["projection_dim"] = projection_dim;
  return json;
}

ClipTextModelImpl::ClipTextModelImpl(const ClipTextConfig& config)
    : config_(config), parts_(std::make_shared<Parts>()) {
  const auto group = [](torch::nn::Module& parent, const std::string& name) {
    return parent.register_module(name, std::make_shared<torch::nn::Module>());
  };
  const auto text_model = group(*this, "text_model");
  const auto embeddings = group(*text_model, "embeddings");
  const auto encoder = group(*text_model, "encoder");
  Parts& p = *parts_;
  p.token_embedding = embeddings->register_module(
      "token_embedding", Parts::Table(config.vocab_size, config.hidden_size));
  p.position_embedding = embeddings->register_module(
      "position_embedding", Parts::Table(config.max_position_embeddings, config.hidden_size));
  encoder->register_module("layers", p.layers);
  for (int64_t i = 0; i < config.num_hidden_layers; ++i) p.layers->push_back(Layer(config));
  p.final_layer_norm = text_model->register_module(
      "final_layer_norm", nn::LayerNorm(config.hidden_size, config.layer_norm_eps));
  if (config.projection_dim > 0) {
    p.text_projection =
        register_module("text_projection",
                        nn::Linear(config.hidden_size, config.projection_dim, /*with_bias=*/false));
  }
}

ClipTextModelImpl::Output ClipTextModelImpl::forward(const torch::Tensor& ids,
                                                     int64_t skip,
                                                     bool normed) {
  tensor::check_shape(ids, {-1, -1}, "clip.ids");
  const int64_t length = ids.size(1), layers = config_.num_hidden_layers;
  if (length < 1 || length > config_.max_position_embeddings) {
    throw Error(
        ErrorKind::kInvalidInput,
        fmt::format("[clip] {} tokens, expected 1 to {}", length, config_.max_position_embeddings));
  }
  if (skip < 0 || skip >= layers) {
    throw Error(ErrorKind::kInvalidInput,
                fmt::format("[clip] {} layers skipped, expected 0 to {}: this text encoder has {}",
                            skip,
                            layers - 1,
                            layers));
  }
  if (ids.min().item<int64_t>() < 0 || ids.max().item<int64_t>() >= config_.vocab_size) {
    throw Error(ErrorKind::kInvalidInput,
                fmt::format("[clip] token ids from {} to {}, expected 0 to {}; is the vocabulary "
                            "that of another model?",
                            ids.min().item<int64_t>(),
                            ids.max().item<int64_t>(),
                            config_.vocab_size - 1));
  }
  Parts& p = *parts_;
  const torch::Tensor positions = torch::arange(length, ids.options());
  torch::Tensor x =
      p.token_embedding->rows(ids) + p.position_embedding->rows(positions);  // (B, T, hidden_size)
  Output output;
  for (int64_t i = 0; i < layers; ++i) {
    x = p.layers[static_cast<size_t>(i)]->as<LayerImpl>()->forward(x);
    if (i + 1 == layers - skip) output.hidden = x;
  }
  x = p.final_layer_norm(x);
  if (normed) output.hidden = skip == 0 ? x : p.final_layer_norm(output.hidden);

  const torch::Tensor end = config_.eos_token_id == 2
                                ? ids.argmax(-1)
                                : ids.eq(config_.eos_token_id).to(torch::kInt).argmax(-1);  // (B)
  output.pooled = x.index({torch::arange(ids.size(0), end.options()), end});
  if (p.text_projection) output.pooled = p.text_projection(output.pooled);
  return output;
}

}  // namespace lienzo::models
