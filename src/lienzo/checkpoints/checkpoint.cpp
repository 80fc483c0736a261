#include "lienzo/checkpoints/checkpoint.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <vector>

#include "lienzo/base/error.h"
#include "lienzo/checkpoints/diffusers_folder.h"
#include "lienzo/checkpoints/single_file.h"

namespace lienzo::checkpoints {
namespace {

namespace fs = std::filesystem;

constexpr double kXlScalingFactor = 0.13025;

Checkpoint open_alone(const fs::path& path, const OpenOptions& options) {
  std::error_code error;
  const fs::file_status status = fs::status(path, error);
  if (!fs::exists(status)) {
    throw Error(ErrorKind::kNotFound, fmt::format("[checkpoint] {} does not exist", path.string()));
  }
  return fs::is_directory(status) ? open_diffusers_folder(path, options)
                                  : open_single_file(path, options.prediction);
}

[[noreturn]] void reject_part(const fs::path& path,
                              const Checkpoint& model,
                              std::string_view part) {
  throw Error(
      ErrorKind::kInvalidInput,
      fmt::format(
          "[checkpoint] {} holds no {}: it is a {}", path.string(), part, name(model.family)));
}

void replace_vae(Checkpoint& model, const OpenOptions& options) {
  Checkpoint other = open_alone(options.vae, {.variant = options.variant});
  if (!other.vae && !other.taesd) reject_part(options.vae, other, "autoencoder");
  if (!other.vae) {
    model.taesd = std::move(other.taesd);
    model.vae.reset();
    return;
  }
  // A file of the autoencoder alone cannot tell the scale of the latents; the model does.
  const bool measured = other.family == Family::kVae && !fs::is_directory(options.vae) &&
                        !other.metadata.contains(config_key(name(Part::kVae)));
  if (measured && is_xl(model.family)) other.vae->config.scaling_factor = kXlScalingFactor;
  model.vae = std::move(other.vae);
}

void replace_text_encoders(Checkpoint& model, const OpenOptions& options) {
  const auto replace = [&](const fs::path& path, auto& target, bool second) {
    if (path.empty()) return;
    Checkpoint other = open_alone(path, {.variant = options.variant});
    auto& found = second && other.text_encoder_2 ? other.text_encoder_2 : other.text_encoder;
    if (!found) reject_part(path, other, "text encoder");
    target = std::move(found);
  };
  replace(options.text_encoder, model.text_encoder, /*second=*/false);
  replace(options.text_encoder_2, model.text_encoder_2, /*second=*/true);
}

}  // namespace

Checkpoint open_checkpoint(const fs::path& path, const OpenOptions& options) {
  Checkpoint model = open_alone(path, options);
  if (!options.vae.empty()) replace_vae(model, options);
  replace_text_encoders(model, options);
  return model;
}

void require_complete(const Checkpoint& model) {
  if (!draws(model.family)) {
    throw Error(ErrorKind::kInvalidInput,
                fmt::format("[checkpoint] {} {}", model.path.string(), refusal(model.family)));
  }
  std::vector<std::string> missing;
  if (!model.unet) missing.push_back("U-Net");
  if (!model.vae && !model.taesd) missing.push_back("autoencoder");
  if (!model.text_encoder && model.family != Family::kSdXlRefiner)
    missing.push_back("text encoder");
  if (!model.text_encoder_2 && is_xl(model.family)) missing.push_back("second text encoder");
  if (missing.empty()) return;
  throw Error(ErrorKind::kNotFound,
              fmt::format("[checkpoint] {} ({}) has no {}; use a complete model, or name another "
                          "model that has them as --vae or --text-encoder",
                          model.path.string(),
                          name(model.family),
                          fmt::join(missing, " and no ")));
}

}  // namespace lienzo::checkpoints
