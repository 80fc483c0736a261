#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "lienzo/cli/draw_options.h"

namespace lienzo::cli {

/// The command line of `lienzo imagine`; what was not typed is empty, so that --like can fill it.
struct ImagineOptions {
  std::string prompt;
  std::optional<int> count;
  std::string size;
  std::optional<uint64_t> seed;
  std::optional<int> steps;
  std::optional<double> guidance;
  std::optional<std::string> negative;
  std::string sampler;
  std::filesystem::path output;
  std::string format;
  std::filesystem::path scene;
  std::filesystem::path like;
  std::filesystem::path model;
  int threads = 0;  // 0: one per processor
  bool grid = false;
  bool json = false;
  bool show_scene = false;
  bool quiet = false;
  DrawOptions draw;  // with a Stable Diffusion model
};

/// Draws and writes pictures with whatever model is asked for; returns the exit code.
int imagine(const ImagineOptions& options);
/// The same with the embedded model or one that `lienzo train` wrote, from its folder.
int imagine_scenes(const ImagineOptions& options, const std::filesystem::path& model);
/// The same with a Stable Diffusion model; also `edit` and `inpaint`, which give a picture.
int draw(const ImagineOptions& options, const std::filesystem::path& model);

}  // namespace lienzo::cli
