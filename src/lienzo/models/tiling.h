#pragma once

#include <torch/types.h>

#include <functional>

namespace lienzo::models {

/// How a large picture is put through a network piece by piece.
struct Tiling {
  int64_t in_tile = 64;    // side of a piece as the network gets it
  int64_t out_tile = 512;  // what comes out of a whole piece: in_tile times or by the factor
  double overlap = 0.25;   // share of a side that neighbours have in common, 0 to 0.5
};

/// Applies `network`, (B, C, h, w) -> (B, C', h s, w s) with s = out_tile / in_tile, to overlapping
/// pieces of x and blends them linearly where they overlap. What fits into one piece goes through
/// in one. Cuts and weights are those of `_tiled_decode` and `_tiled_encode` in
/// huggingface/diffusers v0.30.3, models/autoencoders/autoencoder_kl.py. Memory: two rows of pieces
/// and the result. Throws kInvalidInput for an impossible tiling.
torch::Tensor run_tiled(const torch::Tensor& x,
                        const Tiling& tiling,
                        const std::function<torch::Tensor(const torch::Tensor&)>& network);

}  // namespace lienzo::models
