#pragma once

#include <cstdint>

namespace lienzo::nn {

enum class Activation { kSilu, kQuickGelu, kGelu };

/// y = f(x) for `count` numbers, float or, as uint16_t, bfloat16; activations.h has the formulas.
/// In fp32 the error is at most 1e-6 of |x| for each of them.
void activate(const float* x, int64_t count, Activation f, float* y);
void activate(const uint16_t* x, int64_t count, Activation f, uint16_t* y);

/// y = a gelu(g) for each of `rows` rows (a, g) of 2 * width numbers.
void geglu_rows(const float* x, int64_t rows, int64_t width, float* y);
void geglu_rows(const uint16_t* x, int64_t rows, int64_t width, uint16_t* y);

}  // namespace lienzo::nn
