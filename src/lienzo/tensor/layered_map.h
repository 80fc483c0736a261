#pragma once

#include <torch/types.h>

#include <vector>

namespace lienzo::tensor {

/// A batch of pictures described by overlapping things, as numbers on a grid of R x R pixels. Every
/// thing contributes an entry to each pixel of a window around its box. Entries are grouped in
/// levels: level l holds the l-th entry, counted from the back, of every pixel that has more than
/// l. Pixels are sorted by their number of entries, most first, so that level l belongs to the
/// first level_sizes[l] pixels and compositing needs no index.
struct LayeredMap {
  int64_t batch = 0;                 // B
  int64_t resolution = 0;            // R
  torch::Tensor pixels;              // (P) int64: b R R + y R + x
  std::vector<int64_t> level_sizes;  // descending, the first is P; their sum is M
  torch::Tensor thing;               // (M) int64: row of `attributes`
  torch::Tensor local;               // (M, 4) place of the pixel relative to the thing
  torch::Tensor attributes;          // (N, A)
  torch::Tensor backdrop;            // (B, K)
};

}  // namespace lienzo::tensor
