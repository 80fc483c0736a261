#pragma once

#include <c10/core/ScalarType.h>

namespace lienzo::bench {

/// Floating-point operations per second that a large 3x3 convolution (fp32, channels-last, 192
/// channels) reaches on this machine, measured once per run: what the networks' figures are a share
/// of.
double convolution_ceiling();

/// The same for a large matrix product, fp32 or bf16: what attention is a share of.
double matrix_ceiling(at::ScalarType type);

/// The most that any large layer reaches, a 3x3 convolution or a matrix product, plain or with its
/// weights reordered beforehand: what prepared layers are a share of.
double layer_ceiling(at::ScalarType type);

/// Seconds that it takes to copy a tensor of so many bytes, the best of several times: what work
/// that only moves memory is held against.
double copy_seconds(int64_t bytes);

}  // namespace lienzo::bench
