#pragma once

#include <cstdint>

namespace lienzo::nn {

/// y = (x - mean) / sqrt(variance + epsilon) weight + bias for each of `rows` rows of `width`
/// numbers, float or, as uint16_t, bfloat16. Two passes for the statistics, so that the error does
/// not grow with the ratio of mean to deviation.
void layer_norm_rows(const float* x,
                     int64_t rows,
                     int64_t width,
                     const float* weight,
                     const float* bias,
                     float epsilon,
                     float* y);
void layer_norm_rows(const uint16_t* x,
                     int64_t rows,
                     int64_t width,
                     const float* weight,
                     const float* bias,
                     float epsilon,
                     uint16_t* y);

}  // namespace lienzo::nn
