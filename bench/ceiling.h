#pragma once

#include <c10/core/ScalarType.h>

namespace lienzo::bench {

/// Floating-point operations per second that a large 3x3 convolution (fp32, channels-last, 192
/// channels) reaches on this machine, measured once per run: what the networks' figures are a share
/// of.
double convolution_ceiling();

/// The same for a large matrix product, fp32 or bf16: what attention and linear layers are a share
/// of.
double matrix_ceiling(at::ScalarType type);

}  // namespace lienzo::bench
