// Compiled with -O3 -fno-math-errno -fopenmp-simd: the loops below are meant to be vectorised.
#include "lienzo/nn/norm_kernel.h"

#include <cmath>

#include "lienzo/nn/kernel_math.h"

namespace lienzo::nn {
namespace {

constexpr float kEpsilon = 1e-6f;

template <typename T>
LIENZO_INLINE float inverse_rms(const T* x, int64_t channels) {
  float sum = 0;
#pragma omp simd reduction(+ : sum)
  for (int64_t c = 0; c < channels; ++c) sum += load(x[c]) * load(x[c]);
  return 1.0f / std::sqrt(sum / static_cast<float>(channels) + kEpsilon);
}

template <typename T, bool kModulated, bool kSilu>
LIENZO_INLINE void forward_rows(const NormRows& shape, const T* __restrict x, T* __restrict y) {
  const int64_t channels = shape.channels;
  const float* __restrict scale = shape.scale, * __restrict shift = shape.shift;
  for (int64_t row = 0; row < shape.rows; ++row, x += channels, y += channels) {
    const float r = inverse_rms(x, channels);
#pragma omp simd
    for (int64_t c = 0; c < channels; ++c) {
      float u = load(x[c]) * r;
      if constexpr (kModulated) u = u * (1.0f + scale[c]) + shift[c];
      if constexpr (kSilu) u *= sigmoid(u);
      store(u, y[c]);
    }
  }
}

template <typename T, bool kModulated, bool kSilu>
LIENZO_INLINE void backward_rows(const NormRows& shape,
                                 const T* __restrict x,
                                 const T* __restrict dy,
                                 T* __restrict dx,
                                 float* __restrict dscale,
                                 float* __restrict dshift,
                                 float* __restrict dn,
                                 float* __restrict n) {
  const int64_t channels = shape.channels;
  const float* __restrict scale = shape.scale, * __restrict shift = shape.shift;
  for (int64_t row = 0; row < shape.rows; ++row, x += channels, dy += channels, dx += channels) {
    const float r = inverse_rms(x, channels);
    float dot = 0;
#pragma omp simd reduction(+ : dot)
    for (int64_t c = 0; c < channels; ++c) {
      const float normal = load(x[c]) * r;
      float du = load(dy[c]);
      if constexpr (kSilu) {
        const float u = kModulated ? normal * (1.0f + scale[c]) + shift[c] : normal;
        const float s = sigmoid(u);
        du *= s * (1.0f + u * (1.0f - s));
      }
      n[c] = normal;
      if constexpr (kModulated) {
        dscale[c] += du * normal;
        dshift[c] += du;
        du *= 1.0f + scale[c];
      }
      dn[c] = du;
      dot += du * normal;
    }
    dot /= static_cast<float>(channels);
#pragma omp simd
    for (int64_t c = 0; c < channels; ++c) store(r * (dn[c] - n[c] * dot), dx[c]);
  }
}

template <typename T>
LIENZO_INLINE void forward(const NormRows& shape, const T* x, T* y) {
  if (shape.scale) {
    shape.silu ? forward_rows<T, true, true>(shape, x, y)
               : forward_rows<T, true, false>(shape, x, y);
  } else {
    shape.silu ? forward_rows<T, false, true>(shape, x, y)
               : forward_rows<T, false, false>(shape, x, y);
  }
}

template <typename T>
LIENZO_INLINE void backward(const NormRows& shape,
                            const T* x,
                            const T* dy,
                            T* dx,
                            float* dscale,
                            float* dshift,
                            float* scratch) {
  float *dn = scratch, *n = scratch + shape.channels;
  if (shape.scale) {
    shape.silu ? backward_rows<T, true, true>(shape, x, dy, dx, dscale, dshift, dn, n)
               : backward_rows<T, true, false>(shape, x, dy, dx, dscale, dshift, dn, n);
  } else {
    shape.silu ? backward_rows<T, false, true>(shape, x, dy, dx, dscale, dshift, dn, n)
               : backward_rows<T, false, false>(shape, x, dy, dx, dscale, dshift, dn, n);
  }
}

}  // namespace

LIENZO_CLONES void norm_forward(const NormRows& shape, const float* x, float* y) {
  forward(shape, x, y);
}

LIENZO_CLONES void norm_forward(const NormRows& shape, const uint16_t* x, uint16_t* y) {
  forward(shape, x, y);
}

LIENZO_CLONES void norm_backward(const NormRows& shape,
                                 const float* x,
                                 const float* dy,
                                 float* dx,
                                 float* dscale,
                                 float* dshift,
                                 float* scratch) {
  backward(shape, x, dy, dx, dscale, dshift, scratch);
}

LIENZO_CLONES void norm_backward(const NormRows& shape,
                                 const uint16_t* x,
                                 const uint16_t* dy,
                                 uint16_t* dx,
                                 float* dscale,
                                 float* dshift,
                                 float* scratch) {
  backward(shape, x, dy, dx, dscale, dshift, scratch);
}

}  // namespace lienzo::nn
