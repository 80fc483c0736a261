#include "lienzo/weights/load.h"

#include <fmt/format.h>
#include <torch/types.h>
#include <torch/utils.h>

#include <algorithm>

#include "lienzo/base/digest_cache.h"
#include "lienzo/base/error.h"
#include "lienzo/base/hash.h"
#include "lienzo/checkpoints/checkpoint.h"
#include "lienzo/diffusion/scheduler_config.h"
#include "lienzo/nn/layer_in_place.h"
#include "lienzo/nn/prepare.h"
#include "lienzo/nn/skip_init.h"
#include "lienzo/pipelines/stable_diffusion/generation.h"
#include "lienzo/pipelines/stable_diffusion/memory.h"
#include "lienzo/pipelines/stable_diffusion/parts.h"
#include "lienzo/tensor/device.h"
#include "lienzo/tensor/dtype.h"

namespace lienzo::pipelines {
namespace {

namespace fs = std::filesystem;
using checkpoints::Checkpoint;
using checkpoints::Family;

TileMode tile_mode(const std::string& text) {
  if (text == "auto") return TileMode::kAuto;
  if (text == "always") return TileMode::kAlways;
  if (text == "never") return TileMode::kNever;
  throw Error(ErrorKind::kInvalidInput,
              fmt::format("[model] tiles are '{}', expected auto, always or never", text));
}

template <typename Config>
uint64_t parameters(const std::optional<checkpoints::Network<Config>>& network) {
  uint64_t count = 0;
  if (!network) return 0;
  for (const weights::TensorInfo& info : network->tensors->index().tensors())
    count += static_cast<uint64_t>(info.element_count());
  return count;
}

// Bytes that the numbers of a network take once it is ready on the CPU: where they stay in their
// file, as many as they have there.
template <typename Config>
uint64_t weight_bytes(const std::optional<checkpoints::Network<Config>>& network,
                      torch::ScalarType dtype) {
  uint64_t bytes = 0;
  if (!network) return 0;
  const bool in_place = nn::prepares_in_place(dtype);
  for (const weights::TensorInfo& info : network->tensors->index().tensors()) {
    const torch::ScalarType type = in_place ? weights::scalar_type(info.dtype) : dtype;
    bytes += static_cast<uint64_t>(info.element_count()) * c10::elementSize(type);
  }
  return bytes;
}

// Builds a network, fills it from its file and makes it ready for the device.
template <typename Module, typename Config>
Module build(const checkpoints::Network<Config>& network,
             const torch::Device& device,
             torch::ScalarType dtype) {
  const nn::SkipInit weights_follow;
  Module module(network.config);
  weights::load_strict(*module, *network.tensors, {.file_dtype = true, .share_memory = true});
  if (!device.is_cpu()) module->to(device, dtype);
  nn::prepare_for_inference(*module, dtype);
  return module;
}

// Where a text encoder's tokenizer comes from, and whether that is the model's own folder, which
// also says what follows the end of a text.
struct Vocabulary {
  fs::path path;
  bool own = false;
};
Vocabulary find_vocabulary(const Checkpoint& model,
                           const std::optional<fs::path>& own,
                           const StableDiffusionOptions& options) {
  if (!options.tokenizer.empty()) return {options.tokenizer, false};
  if (own) return {*own, true};
  if (!options.vocabulary.empty()) return {options.vocabulary, false};
  throw Error(ErrorKind::kNotFound,
              fmt::format("[model] {} brings no vocabulary, as single files never do; get CLIP's "
                          "once with `lienzo model pull clip-vocabulary`, or name one with "
                          "--tokenizer (a folder with vocab.json and merges.txt, or OpenAI's "
                          "bpe_simple_vocab_16e6.txt.gz)",
                          model.path.filename().string()));
}

std::vector<TextEncoderPart> load_text_encoders(const Checkpoint& model,
                                                const StableDiffusionOptions& options,
                                                const torch::Device& device,
                                                torch::ScalarType dtype) {
  std::vector<TextEncoderPart> encoders;
  const bool xl = checkpoints::is_xl(model.family);
  const bool sd2 = model.family == Family::kSd2 || model.family == Family::kSd2Inpaint;
  const auto add = [&](const checkpoints::Network<models::ClipTextConfig>& network,
                       const std::optional<fs::path>& own,
                       bool open_clip) {
    const Vocabulary vocabulary = find_vocabulary(model, own, options);
    TextEncoderPart part{
        .tokenizer = text::ClipTokenizer::load(vocabulary.path), .skip = xl ? 1 : 0, .normed = !xl};
    part.absent = sd2 ? 1 : 0;
    // OpenCLIP's encoders learned to see zeros behind the end.
    if (open_clip && !vocabulary.own) part.pad = 0;
    if (part.tokenizer.vocab_size() > network.config.vocab_size) {
      throw Error(
          ErrorKind::kInvalidInput,
          fmt::format("[model] the vocabulary {} has {} tokens, the text encoder of {} knows "
                      "{}; it belongs to another model",
                      vocabulary.path.string(),
                      part.tokenizer.vocab_size(),
                      model.path.filename().string(),
                      network.config.vocab_size));
    }
    part.model = build<models::ClipTextModel>(network, device, dtype);
    encoders.push_back(std::move(part));
  };
  if (model.text_encoder) add(*model.text_encoder, model.tokenizer, sd2);
  if (model.text_encoder_2) add(*model.text_encoder_2, model.tokenizer_2, /*open_clip=*/true);
  return encoders;
}

diffusion::SchedulerConfig choose_scheduler(const Checkpoint& model) {
  const bool v = model.prediction == checkpoints::Prediction::kV;
  if (model.scheduler.is_object()) {
    Json config = model.scheduler;
    config["prediction_type"] = v ? "v_prediction" : "epsilon";
    diffusion::SchedulerConfig read = diffusion::scheduler_config_from_json(
        config, model.path.filename().string() + ": scheduler_config.json");
    if (!checkpoints::is_xl(model.family))
      read.defaults = diffusion::as_stable_diffusion_pipelines_do(read.defaults);
    // The pipelines of diffusers hand their own eta on, 0, whatever TCDScheduler's default is
    // (prepare_extra_step_kwargs of pipeline_stable_diffusion.py and ..._xl.py, v0.30.3).
    if (read.defaults.sampler == "tcd") read.defaults.eta = 0;
    return read;
  }
  const auto answers = v ? diffusion::Parameterization::kV : diffusion::Parameterization::kEpsilon;
  diffusion::SchedulerConfig config = checkpoints::is_xl(model.family)
                                          ? diffusion::stable_diffusion_xl_scheduler()
                                          : diffusion::stable_diffusion_scheduler(answers);
  if (model.unet->config.time_cond_proj_dim > 0) config.defaults.sampler = "lcm";
  if (model.zero_terminal_snr || (v && checkpoints::is_xl(model.family))) {
    auto table = diffusion::alphas_cumprod(
        diffusion::betas(diffusion::BetaSchedule::kScaledLinear, 1000, 0.00085, 0.012));
    if (model.zero_terminal_snr) {
      // Lin et al. 2023, section 3.3: such a model must be asked at the last step.
      table = diffusion::rescale_to_zero_snr(table);
      config.defaults.spacing = diffusion::TimestepSpacing::kTrailing;
    }
    config.model = diffusion::NoiseModel::variance_preserving(answers, table);
  }
  return config;
}

std::string folder_name(const fs::path& folder) {
  return fs::absolute(folder / "").parent_path().filename().string();
}

void describe(const Checkpoint& model,
              const StableDiffusionOptions& options,
              StableDiffusionParts& parts) {
  StableDiffusionFacts& facts = parts.facts;
  facts.name = fs::is_directory(model.path) ? folder_name(model.path) : model.path.stem().string();
  facts.variant = options.variant;
  facts.prediction = options.prediction;
  if (!options.vae.empty())
    facts.vae =
        fs::is_directory(options.vae) ? folder_name(options.vae) : options.vae.filename().string();
  facts.family = checkpoints::name(model.family);
  facts.dtype = tensor::dtype_name(parts.dtype);
  facts.device = parts.device.str();
  facts.licence = model.licence;
  facts.sampler = parts.scheduler.sampler;
  const auto side = static_cast<int>(model.unet->config.sample_size * model.vae->config.factor());
  facts.width = facts.height = side;
  facts.inpaints = checkpoints::inpaints(model.family);
  facts.needs_picture = model.family == Family::kSdXlRefiner;
  facts.guidance = checkpoints::is_xl(model.family) ? 5.0 : 7.5;
  // Distilled models: LCM is told its guidance, Turbo was trained without
  // (docs/source/en/using-diffusers/sdxl_turbo.md in huggingface/diffusers), told by its scheduler.
  const std::string& sampler = parts.scheduler.sampler;
  const bool turbo = sampler == "euler_ancestral" &&
                     parts.scheduler.spacing == diffusion::TimestepSpacing::kTrailing;
  if (model.unet->config.time_cond_proj_dim > 0) {
    facts.steps = 4;
    facts.guidance = 8.5;
  } else if (turbo || sampler == "lcm" || sampler == "tcd") {
    facts.steps = 4;
    facts.guidance = 1;
  }
}

void add_files(const weights::TensorFile& tensors, std::vector<fs::path>& files) {
  for (fs::path& file : tensors.files()) {
    if (std::find(files.begin(), files.end(), file) == files.end())
      files.push_back(std::move(file));
  }
}

// Those that the hash is made of, each once.
std::vector<fs::path> files_of(const Checkpoint& model) {
  std::vector<fs::path> files;
  add_files(*model.unet->tensors, files);
  add_files(*model.vae->tensors, files);
  if (model.text_encoder) add_files(*model.text_encoder->tensors, files);
  if (model.text_encoder_2) add_files(*model.text_encoder_2->tensors, files);
  return files;
}

void check_weights_fit(const Checkpoint& model, torch::ScalarType dtype) {
  const uint64_t needed = weight_bytes(model.unet, dtype) + weight_bytes(model.vae, dtype) +
                          weight_bytes(model.text_encoder, dtype) +
                          weight_bytes(model.text_encoder_2, dtype);
  const uint64_t free = available_memory();
  if (needed <= free) return;
  throw Error(ErrorKind::kOutOfMemory,
              fmt::format("[model] the weights of {} take {} in {}, and {} is free; close other "
                          "programs{} or take a smaller model",
                          model.path.filename().string(),
                          bytes_text(needed),
                          tensor::dtype_name(dtype),
                          bytes_text(free),
                          dtype == torch::kFloat ? ", choose bf16" : ""));
}

}  // namespace

StableDiffusion::StableDiffusion(std::unique_ptr<StableDiffusionParts> parts)
    : parts_(std::move(parts)) {}
StableDiffusion::StableDiffusion(StableDiffusion&&) noexcept = default;
StableDiffusion& StableDiffusion::operator=(StableDiffusion&&) noexcept = default;
StableDiffusion::~StableDiffusion() = default;

StableDiffusion StableDiffusion::load(const fs::path& path, const StableDiffusionOptions& options) {
  const torch::Device device = tensor::parse_device(options.device);
  const torch::ScalarType dtype =
      options.dtype.empty() ? tensor::fast_dtype(device) : tensor::parse_dtype(options.dtype);
  const TileMode tiles = tile_mode(options.tiles);
  checkpoints::OpenOptions how{.variant = options.variant,
                               .vae = options.vae,
                               .text_encoder = options.text_encoder,
                               .text_encoder_2 = options.text_encoder_2};
  if (!options.prediction.empty()) {
    how.prediction = checkpoints::prediction_from_name(options.prediction);
    if (!how.prediction) {
      throw Error(ErrorKind::kInvalidInput,
                  fmt::format("[model] the prediction is '{}', expected epsilon or v_prediction",
                              options.prediction));
    }
  }
  Checkpoint model = checkpoints::open_checkpoint(path, how);
  checkpoints::require_complete(model);
  std::vector<LoadedLora> loras = load_loras(model, options.loras, dtype, options.digest_cache);
  const uint64_t count = parameters(model.unet) + parameters(model.vae) +
                         parameters(model.text_encoder) + parameters(model.text_encoder_2);
  if (device.is_cpu()) check_weights_fit(model, dtype);

  const torch::NoGradGuard no_grad;
  diffusion::SchedulerConfig scheduler = choose_scheduler(model);
  std::vector<TextEncoderPart> encoders = load_text_encoders(model, options, device, dtype);
  auto unet = build<models::UNet2DCondition>(*model.unet, device, dtype);
  auto autoencoder = build<models::AutoencoderKl>(*model.vae, device, dtype);
  auto parts = std::unique_ptr<StableDiffusionParts>(new StableDiffusionParts{
      .family = model.family,
      .device = device,
      .dtype = dtype,
      .text_encoders = std::move(encoders),
      .unet = unet,
      .autoencoder = {.model = autoencoder, .device = device, .dtype = dtype, .tiles = tiles},
      .noise_model = std::move(scheduler.model),
      .scheduler = std::move(scheduler.defaults),
      .zeros_for_no_negative = model.force_zeros_for_empty_prompt,
      .loras = std::move(loras),
      .files = files_of(model),
      .digest_cache = options.digest_cache});
  std::vector<fs::path> in_use = parts->files;
  parts->facts.parameters = count;
  describe(model, options, *parts);
  if (!options.tiny_autoencoder.empty()) {
    const Checkpoint tiny = checkpoints::open_checkpoint(options.tiny_autoencoder);
    if (!tiny.taesd) {
      throw Error(ErrorKind::kInvalidInput,
                  fmt::format("[model] {} is no tiny autoencoder (TAESD)",
                              options.tiny_autoencoder.string()));
    }
    parts->tiny = build<models::AutoencoderTiny>(*tiny.taesd, device, dtype);
    add_files(*tiny.taesd->tensors, in_use);
  }
  if (device.is_cpu() && nn::prepares_in_place(dtype)) {
    for (const fs::path& file : in_use) parts->stamps.emplace_back(file);
  }
  return StableDiffusion(std::move(parts));
}

std::vector<StableDiffusionPicture> StableDiffusion::generate(const StableDiffusionRequest& request,
                                                              const StableDiffusionHooks& hooks) {
  return Generation(*parts_, request, hooks).run();
}

const StableDiffusionFacts& StableDiffusion::facts() const { return parts_->facts; }

const std::string& StableDiffusion::hash() const {
  if (!parts_->hash.empty()) return parts_->hash;
  std::string digests;
  for (const fs::path& file : parts_->files) digests += cached_sha256(file, parts_->digest_cache);
  parts_->hash =
      parts_->files.size() == 1 ? digests : sha256_hex(std::as_bytes(std::span(digests)));
  return parts_->hash;
}

int StableDiffusion::count_tokens(const std::string& prompt, text::PromptSyntax syntax) const {
  return pipelines::count_tokens(
      parts_->text_encoders, words_of(prompt, syntax, parts_->loras), syntax);
}

}  // namespace lienzo::pipelines
