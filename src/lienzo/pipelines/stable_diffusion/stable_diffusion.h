#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "lienzo/pipelines/stable_diffusion/loras.h"
#include "lienzo/pipelines/stable_diffusion/request.h"

namespace lienzo::pipelines {

struct StableDiffusionOptions {
  std::string variant = {};  // of a folder's files, such as "fp16"
  /// Parts from elsewhere than the model: its own otherwise.
  std::filesystem::path vae = {}, text_encoder = {}, text_encoder_2 = {};
  std::filesystem::path tokenizer = {};         // what text::ClipTokenizer::load reads
  std::filesystem::path vocabulary = {};        // the same, where the model brings none
  std::filesystem::path tiny_autoencoder = {};  // TAESD, for previews
  std::vector<LoraChoice> loras = {};           // merged into the weights, in this order
  std::string prediction = {};                  // "epsilon" or "v_prediction"; empty: the model's
  std::string dtype = {};       // "bf16", "fp32", "fp16"; empty: the device's fastest
  std::string device = "auto";  // tensor::parse_device
  /// Whether the autoencoder works in pieces: "auto" (where memory is short), "always", "never".
  std::string tiles = "auto";
  /// Where digests of model files are kept from run to run; empty: they are made each time.
  std::filesystem::path digest_cache = {};
};

/// What a loaded model says of itself.
struct StableDiffusionFacts {
  std::string name;    // of its file or folder
  std::string family;  // "Stable Diffusion 1.x"
  std::string dtype, device;
  std::string licence;  // empty when the model does not say
  std::string sampler;  // what it uses unless told otherwise, ours
  // As asked for in StableDiffusionOptions, for records; empty: the model's own. `vae` is a name.
  std::string variant, vae, prediction;
  int width = 512, height = 512, steps = 20;
  double guidance = 7.5;
  bool inpaints = false;       // has the nine channels of inpainting models
  bool needs_picture = false;  // SDXL's refiner works on pictures
  uint64_t parameters = 0;
};

struct StableDiffusionParts;

/// Stable Diffusion 1.x, 2.x and XL with their Turbo, LCM, inpainting and refiner kin.
///
///   auto model = StableDiffusion::load("sd15.safetensors");
///   StableDiffusionRequest request;
///   request.prompt = "a lighthouse at dawn";
///   model.generate(request).front().image
///
/// The numbers of picture k do not depend on the other pictures of a request, on `batch` or on the
/// number of threads. Every picture carries its record.
class StableDiffusion {
 public:
  /// Reads a model of any layout; see checkpoints/checkpoint.h. Throws what that throws, kNotFound
  /// for missing parts or a missing vocabulary (saying how to get it), kOutOfMemory where its
  /// weights cannot fit, what checkpoints::merge_loras throws.
  static StableDiffusion load(const std::filesystem::path& path,
                              const StableDiffusionOptions& options = {});
  StableDiffusion(StableDiffusion&&) noexcept;
  StableDiffusion& operator=(StableDiffusion&&) noexcept;
  ~StableDiffusion();

  /// Throws kInvalidInput or kUnsupported for a request that cannot be met, kOutOfMemory before the
  /// work begins, kCancelled.
  std::vector<StableDiffusionPicture> generate(const StableDiffusionRequest& request,
                                               const StableDiffusionHooks& hooks = {});
  const StableDiffusionFacts& facts() const;
  /// SHA-256 of a single file, or over the digests of a folder's files; made when first asked.
  const std::string& hash() const;
  /// Tokens of a prompt and how many of them a text encoder sees at once.
  int count_tokens(const std::string& prompt, text::PromptSyntax syntax) const;

 private:
  explicit StableDiffusion(std::unique_ptr<StableDiffusionParts> parts);
  std::unique_ptr<StableDiffusionParts> parts_;
};

}  // namespace lienzo::pipelines
