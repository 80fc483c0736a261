#pragma once

#include <torch/types.h>

#include <filesystem>

#include "lienzo/models/denoiser.h"
#include "lienzo/tensor/layered_map.h"

namespace lienzo::training {

/// The small pictures that a trained decoder draws, with its mistakes: what a second stage must
/// learn to finish (the reason for the noise augmentation of Ho et al. 2021, arXiv:2106.15282,
/// answered with the first stage itself).
class DecoderDrawings {
 public:
  /// Reads a file that a recipe of kind "scene-decoder" wrote. Throws as weights::load_module does.
  explicit DecoderDrawings(const std::filesystem::path& decoder);

  /// Draws the scenes of `map` in `steps` Euler steps, beginning with the `truth` noised to level
  /// `from`: 1 draws from noise alone, less keeps something of the truth. truth and noise
  /// (B, 3, H, W) with values -1..1 and standard normal; `map` has resolution H. All on
  /// one device, to which the decoder goes. Returns (B, 3, H, W) there, values -1..1.
  torch::Tensor draw(const tensor::LayeredMap& map,
                     const torch::Tensor& truth,
                     const torch::Tensor& noise,
                     double from,
                     int steps);

 private:
  models::Denoiser decoder_;
};

}  // namespace lienzo::training
