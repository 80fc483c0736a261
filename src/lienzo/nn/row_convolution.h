#pragma once

#include <memory>

#include "lienzo/nn/packed_layer.h"

namespace lienzo::nn {

/// pack_convolution() by the kernel of this project (convolution_kernel.h), where it is faster than
/// oneDNN's: stride 1, fp32, windows of several pixels, outputs in whole panels, and a processor
/// with AVX2 and without AVX-512. nullptr for all others. Every number of the result has the same
/// bits whatever company its picture has and however many threads there are.
std::unique_ptr<PackedLayer> pack_row_convolution(const torch::Tensor& weight,
                                                  const torch::Tensor& bias,
                                                  int64_t stride,
                                                  const Padding& padding,
                                                  torch::ScalarType type);

}  // namespace lienzo::nn
