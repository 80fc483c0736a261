#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "lienzo/weights/tensor_index.h"

namespace lienzo::weights {

/// The number that 16 bits stand for in IEEE 754 binary16, exactly; a NaN stays one.
float half_to_float(uint16_t half);

/// The numbers of whole blocks of a quantised type, as the reference computes them in fp32, the
/// same on every processor. `blocks` may lie at any address. Needs is_quantized(dtype), and
/// blocks.size() and out.size() of the same count of blocks.
///
/// Per block of 32, with the half-precision scale d, minimum m and whole numbers q:
///   Q8_0: d q;  Q4_0: d (q - 8);  Q5_0: d (q - 16);  Q4_1, Q5_1: d q + m.
/// Per block of 256, whose sub-blocks have whole scales s and minima n:
///   Q4_K, Q5_K: (d s) q - (m n);  Q6_K: (d s) (q - 32).
/// Source: ggml-org/ggml, src/ggml-quants.c (dequantize_row_*) and src/ggml-common.h (layouts).
void dequantize(DType dtype, std::span<const std::byte> blocks, std::span<float> out);

}  // namespace lienzo::weights
