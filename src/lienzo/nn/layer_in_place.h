#pragma once

#include <torch/types.h>

#include <memory>

#include "lienzo/nn/prepared_layer.h"

/// Layers of the project's own kernels (layer_kernels.h), which keep a reference to the weights as
/// they came, often a mapped file, in place of a copy in another order and type. In fp32, for a
/// processor with AVX2 and without AVX-512, and outputs in whole panels of 16; nullptr for all
/// others. Every number of a result has the same bits whatever company its picture has and however
/// many threads there are.
namespace lienzo::nn {

/// Whether layers that are prepared for `type` on the CPU leave their weights where they are.
bool prepares_in_place(torch::ScalarType type);

/// As prepare_linear().
std::unique_ptr<PreparedLayer> linear_in_place(const torch::Tensor& weight,
                                               const torch::Tensor& bias,
                                               torch::ScalarType type);

/// As prepare_convolution().
std::unique_ptr<PreparedLayer> convolution_in_place(const torch::Tensor& weight,
                                                    const torch::Tensor& bias,
                                                    int64_t stride,
                                                    const Padding& padding,
                                                    torch::ScalarType type);

/// A convolution of 3 x 3, with zeros around, of the picture in which every pixel of x stands four
/// times, two by two: x (B, in, H, W) -> (B, out, 2H, 2W).
std::unique_ptr<PreparedLayer> doubling_convolution_in_place(const torch::Tensor& weight,
                                                             const torch::Tensor& bias,
                                                             torch::ScalarType type);

}  // namespace lienzo::nn
