#include "lienzo/checkpoints/convert.h"

#include <fmt/format.h>
#include <unistd.h>

#include <functional>

#include "lienzo/base/error.h"
#include "lienzo/base/file.h"
#include "lienzo/checkpoints/model_index.h"
#include "lienzo/checkpoints/original_file.h"
#include "lienzo/checkpoints/single_file.h"
#include "lienzo/nn/skip_init.h"
#include "lienzo/weights/load.h"
#include "lienzo/weights/safetensors.h"

namespace lienzo::checkpoints {
namespace {

namespace fs = std::filesystem;

/// One network of the model, whatever its kind.
struct AnyNetwork {
  std::string_view name;
  Json config;
  const weights::TensorFile* tensors;
  std::string_view file;  // in a diffusers folder
};

std::vector<AnyNetwork> networks_of(const Checkpoint& model) {
  std::vector<AnyNetwork> all;
  const auto add = [&](std::string_view name, const auto& network, std::string_view file) {
    if (network) all.push_back({name, network->config.to_json(), network->tensors.get(), file});
  };
  constexpr std::string_view kDiffusersFile = "diffusion_pytorch_model.safetensors";
  constexpr std::string_view kTransformersFile = "model.safetensors";
  add(name(Part::kUNet), model.unet, kDiffusersFile);
  add(name(Part::kVae), model.vae, kDiffusersFile);
  add(name(Part::kTextEncoder), model.text_encoder, kTransformersFile);
  add(name(Part::kTextEncoder2), model.text_encoder_2, kTransformersFile);
  // In a folder the tiny autoencoder takes the place of the large one.
  add(model.vae || !model.unet ? name(Part::kTaesd) : name(Part::kVae),
      model.taesd,
      kDiffusersFile);
  return all;
}

// Networks are built for their names and shapes; their memory is never touched.
void check_networks(const Checkpoint& model) {
  const nn::SkipInit guard;
  const auto check =
      [](auto module, const auto& network, const weights::LoadOptions& options = {}) {
        weights::check_fit(*module, *network->tensors, options);
      };
  if (model.unet) check(models::UNet2DCondition(model.unet->config), model.unet);
  if (model.vae) check(models::AutoencoderKl(model.vae->config), model.vae);
  for (const auto* text : {&model.text_encoder, &model.text_encoder_2})
    if (*text) check(models::ClipTextModel((*text)->config), *text);
  if (!model.taesd) return;
  weights::LoadOptions half;  // one half may be missing, but it must be a whole half
  for (const char* side : {"encoder", "decoder"}) {
    if (!model.taesd->tensors->index().has_scope(side))
      half.may_be_missing.push_back(std::string(side) + ".*");
  }
  check(models::AutoencoderTiny(model.taesd->config), model.taesd, half);
}

void write_original(const Checkpoint& model,
                    const fs::path& target,
                    const ConvertOptions& options) {
  std::map<std::string, std::string> metadata = model.metadata;
  for (const AnyNetwork& network : networks_of(model))
    metadata[config_key(network.name)] = network.config.dump();
  if (model.unet) metadata[config_key("scheduler")] = scheduler_config(model).dump();
  if (!model.licence.empty()) metadata.emplace("license", model.licence);
  weights::write_safetensors(target, *as_original_file(model), options.dtype, metadata);
}

void write_json(const fs::path& path, const Json& json) {
  write_file_atomic(path, json.dump(2) + "\n");
}

void write_network(const AnyNetwork& network,
                   const fs::path& folder,
                   const ConvertOptions& options) {
  fs::create_directories(folder);
  write_json(folder / "config.json", network.config);
  // transformers refuses a file that does not say this.
  weights::write_safetensors(
      folder / network.file, *network.tensors, options.dtype, {{"format", "pt"}});
}

void write_folder(const Checkpoint& model, const fs::path& folder, const ConvertOptions& options) {
  const std::vector<AnyNetwork> networks = networks_of(model);
  if (!model.licence.empty()) {
    write_file_atomic(folder / "README.md", fmt::format("---\nlicense: {}\n---\n", model.licence));
  }
  if (!model.unet) {
    write_network(networks.front(), folder, options);
    return;
  }
  for (const AnyNetwork& network : networks) write_network(network, folder / network.name, options);
  fs::create_directory(folder / "scheduler");
  write_json(folder / "scheduler" / "scheduler_config.json", scheduler_config(model));
  if (model.tokenizer) fs::copy(*model.tokenizer, folder / "tokenizer");
  if (model.tokenizer_2) fs::copy(*model.tokenizer_2, folder / "tokenizer_2");
  write_json(folder / "model_index.json", model_index(model));
}

/// A folder made under another name and given its own when it is complete; otherwise removed.
void make_folder(const fs::path& target, const std::function<void(const fs::path&)>& fill) {
  if (fs::exists(fs::symlink_status(target))) {
    throw Error(ErrorKind::kInvalidInput,
                fmt::format("[convert] {} exists already; name a new folder", target.string()));
  }
  const fs::path temporary = fmt::format("{}.tmp-{}", target.string(), getpid());
  try {
    fs::create_directory(temporary);
    fill(temporary);
    fs::rename(temporary, target);
  } catch (const fs::filesystem_error& error) {
    std::error_code ignored;
    fs::remove_all(temporary, ignored);
    throw Error(
        ErrorKind::kIo,
        fmt::format("[convert] cannot write {}: {}", target.string(), error.code().message()));
  } catch (...) {
    std::error_code ignored;
    fs::remove_all(temporary, ignored);
    throw;
  }
}

}  // namespace

void convert_checkpoint(const Checkpoint& model,
                        const fs::path& target,
                        const ConvertOptions& options) {
  check_networks(model);
  if (options.layout == Naming::kOriginal) return write_original(model, target, options);
  const fs::path folder = target.has_filename() ? target : target.parent_path();
  make_folder(folder, [&](const fs::path& path) { write_folder(model, path, options); });
}

}  // namespace lienzo::checkpoints
