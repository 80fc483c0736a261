#include "lienzo/pipelines/stable_diffusion/hollow_model.h"

#include <torch/nn/module.h>
#include <torch/types.h>

#include <string>
#include <utility>
#include <vector>

#include "lienzo/base/file.h"
#include "lienzo/nn/skip_init.h"
#include "lienzo/text/clip_vocabulary.h"
#include "lienzo/weights/safetensors.h"

namespace lienzo::pipelines {
namespace {

namespace fs = std::filesystem;

weights::TensorIndex halves_like(const torch::nn::Module& network) {
  std::vector<weights::TensorInfo> infos;
  for (const auto& parameter : network.named_parameters()) {
    infos.push_back({.name = parameter.key(),
                     .dtype = weights::DType::kF16,
                     .shape = parameter.value().sizes().vec(),
                     .bytes = static_cast<uint64_t>(parameter.value().numel()) * 2});
  }
  return weights::TensorIndex(std::move(infos), {}, "hollow model");
}

template <typename Module, typename Config>
void write_network(const fs::path& folder, const char* weights, const Config& config) {
  const nn::SkipInit no_numbers;
  const Module network(config);
  fs::create_directories(folder);
  write_file_atomic(folder / "config.json", config.to_json().dump(1));
  weights::write_hollow_safetensors(folder / weights, halves_like(*network));
}

// As many merges as CLIP has, each of two single characters.
void write_vocabulary(const fs::path& folder) {
  constexpr size_t kMerges = 48894, kCharacters = 256;
  const std::vector<std::string> bytes = text::clip_vocab({});
  std::vector<std::pair<std::string, std::string>> merges;
  std::string lines = "#version: 0.2\n";
  for (size_t i = 0; i < kMerges; ++i) {
    merges.emplace_back(bytes[i / kCharacters], bytes[i % kCharacters]);
    lines += merges.back().first + " " + merges.back().second + "\n";
  }
  Json vocab = Json::object();
  int id = 0;
  for (const std::string& token : text::clip_vocab(merges)) vocab[token] = id++;
  fs::create_directories(folder);
  write_file_atomic(folder / "vocab.json", vocab.dump());
  write_file_atomic(folder / "merges.txt", lines);
}

}  // namespace

models::UNet2DConditionConfig sd15_unet() {
  models::UNet2DConditionConfig config;
  config.cross_attention_dim = 768;
  return config;
}

models::AutoencoderKlConfig sd15_autoencoder() {
  models::AutoencoderKlConfig config;
  config.block_out_channels = {128, 256, 512, 512};
  config.layers_per_block = 2;
  return config;
}

models::ClipTextConfig sd15_text_encoder() {
  models::ClipTextConfig config;
  config.hidden_size = 768;
  config.intermediate_size = 3072;
  config.num_attention_heads = 12;
  return config;
}

void write_hollow_sd15(const fs::path& folder) {
  const char* diffusion_weights = "diffusion_pytorch_model.safetensors";
  write_network<models::UNet2DCondition>(folder / "unet", diffusion_weights, sd15_unet());
  write_network<models::AutoencoderKl>(folder / "vae", diffusion_weights, sd15_autoencoder());
  write_network<models::ClipTextModel>(
      folder / "text_encoder", "model.safetensors", sd15_text_encoder());
  write_vocabulary(folder / "tokenizer");
  const Json index = {{"_class_name", "StableDiffusionPipeline"},
                      {"text_encoder", {"transformers", "CLIPTextModel"}},
                      {"tokenizer", {"transformers", "CLIPTokenizer"}},
                      {"unet", {"diffusers", "UNet2DConditionModel"}},
                      {"vae", {"diffusers", "AutoencoderKL"}}};
  write_file_atomic(folder / "model_index.json", index.dump(1));
}

}  // namespace lienzo::pipelines
