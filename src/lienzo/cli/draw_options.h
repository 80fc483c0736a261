#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace lienzo::cli {

/// What `imagine`, `edit` and `inpaint` can be told beyond the common options when a Stable
/// Diffusion model draws. What was not typed is empty, so that --like can fill it.
struct DrawOptions {
  // How it is sampled.
  std::string schedule;
  std::vector<double> sigmas;
  std::optional<double> eta, guidance_rescale;
  std::string guidance_interval;  // "LOW:HIGH"
  std::string noise, syntax;
  std::optional<int> clip_skip;  // as AUTOMATIC1111 counts: 1 is all layers
  // A second, larger pass.
  std::optional<double> hires, hires_strength;
  std::optional<int> hires_steps;
  // Of which parts, and how, the model is loaded.
  std::filesystem::path vae, tokenizer, tiny_autoencoder;
  std::vector<std::string> loras;  // "NAME|FILE[:WEIGHT]"
  std::string variant, prediction, dtype, device, tiles;
  std::optional<int> batch, preview_every;
  // A picture to start from; `edit` and `inpaint` only.
  std::filesystem::path picture, mask;
  std::optional<double> strength;
  std::optional<int> mask_blur, padding;
  bool only_masked = false, through_autoencoder = false;
};

/// Declares those that all three commands have.
void add_draw_options(CLI::App& command, DrawOptions& options);

/// The first of those options that was typed, "--schedule", or nothing: the embedded model has
/// none of them.
std::string first_draw_option(const DrawOptions& options);

}  // namespace lienzo::cli
