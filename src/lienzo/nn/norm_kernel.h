#pragma once

#include <cstdint>

namespace lienzo::nn {

/// Rows of `channels` numbers; `rows` of them belong to one picture. Numbers are float or, as
/// uint16_t, bfloat16. The arithmetic is fp32.
struct NormRows {
  int64_t rows = 0;
  int64_t channels = 0;
  const float* scale = nullptr;  // (channels) of this picture; nullptr with `shift`: 0
  const float* shift = nullptr;
  bool silu = false;
};

/// y = f(n (1 + scale) + shift), n = x / sqrt(mean(x^2) + 1e-6) over the channels, f = SiLU or
/// nothing. Relative error of SiLU at most 4 ULP for |u| < 80 (the exponential below that).
void norm_forward(const NormRows& shape, const float* x, float* y);
void norm_forward(const NormRows& shape, const uint16_t* x, uint16_t* y);

/// The gradients of one picture: dx, and added to dscale and dshift (channels) unless nullptr.
/// `scratch` holds 2 * channels floats.
void norm_backward(const NormRows& shape,
                   const float* x,
                   const float* dy,
                   float* dx,
                   float* dscale,
                   float* dshift,
                   float* scratch);
void norm_backward(const NormRows& shape,
                   const uint16_t* x,
                   const uint16_t* dy,
                   uint16_t* dx,
                   float* dscale,
                   float* dshift,
                   float* scratch);

}  // namespace lienzo::nn
