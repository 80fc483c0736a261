#pragma once

#include <torch/nn/modules/conv.h>
#include <torch/nn/modules/linear.h>
#include <torch/types.h>

namespace lienzo::nn {

/// 3x3 convolution that keeps the size of the picture.
torch::nn::Conv2d conv3x3(int64_t in_channels, int64_t out_channels);
torch::nn::Conv2d conv1x1(int64_t in_channels, int64_t out_channels);

/// Starts a layer at zero, so that the block that ends with it starts as the identity
/// (Zhang et al. 2019, Fixup, arXiv:1901.09321; used by Dhariwal & Nichol 2021, arXiv:2105.05233).
torch::nn::Conv2d zeroed(torch::nn::Conv2d layer);
torch::nn::Linear zeroed(torch::nn::Linear layer);

/// Sines and cosines of a scalar per row, (B) -> (B, width): the embedding of Vaswani et al. 2017
/// (arXiv:1706.03762, section 3.5) with the times multiplied by `scale`.
torch::Tensor sinusoidal_embedding(const torch::Tensor& values,
                                   int64_t width,
                                   double scale = 1000.0);

/// Coordinates (N, K) -> (N, K + 2 K octaves): the coordinates themselves and sin, cos of pi 2^i
/// times them (Mildenhall et al. 2020, arXiv:2003.08934, equation 4).
torch::Tensor fourier_features(const torch::Tensor& coordinates, int64_t octaves);

/// Folds p x p pixels into channels, (B, C, H, W) -> (B, p p C, H / p, W / p), channel order (row,
/// column, c). The result is channels-last. Shi et al. 2016 (arXiv:1609.05158) run backwards.
torch::Tensor fold_pixels(const torch::Tensor& x, int64_t patch);
/// The inverse: (B, p p C, H, W) -> (B, C, p H, p W), channels-last.
torch::Tensor unfold_pixels(const torch::Tensor& x, int64_t patch);

/// Positions of the H x W cells as fourier_features of (x, y) in -1..1: (1, 2 + 4 octaves, H, W).
torch::Tensor position_channels(int64_t height,
                                int64_t width,
                                int64_t octaves,
                                const torch::TensorOptions& options);

}  // namespace lienzo::nn
