#pragma once

#include <cstdint>

namespace lienzo::nn {

/// Numbers are float or, as uint16_t, bfloat16; x and y hold `rows` pixels of `channels` numbers.

/// Per channel over the rows: the number of the first row, the mean less that number, and the sum
/// of the squared deviations from the mean. Two passes over blocks that fit the cache, joined by
/// the rule of Chan et al. 1983 ("Algorithms for computing the sample variance", The American
/// Statistician 37): the error does not grow with the ratio of mean to deviation.
void channel_statistics(
    const float* x, int64_t rows, int64_t channels, float* first, float* mean, float* squares);
void channel_statistics(
    const uint16_t* x, int64_t rows, int64_t channels, float* first, float* mean, float* squares);

/// y = f((x + shift) scale + bias), the three per channel; f = SiLU or nothing.
void scale_channels(const float* x,
                    int64_t rows,
                    int64_t channels,
                    const float* shift,
                    const float* scale,
                    const float* bias,
                    bool silu,
                    float* y);
void scale_channels(const uint16_t* x,
                    int64_t rows,
                    int64_t channels,
                    const float* shift,
                    const float* scale,
                    const float* bias,
                    bool silu,
                    uint16_t* y);

}  // namespace lienzo::nn
