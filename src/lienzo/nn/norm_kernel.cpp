// Compiled with -O3 -fno-math-errno -fopenmp-simd: the loops below are meant to be vectorised.
#include "lienzo/nn/norm_kernel.h"

#include <bit>
#include <cmath>

// One copy per instruction set, chosen when the program is loaded.
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && \
    !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#define LIENZO_CLONES __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define LIENZO_CLONES
#endif
#define LIENZO_INLINE inline __attribute__((always_inline))

namespace lienzo::nn {
namespace {

constexpr float kEpsilon = 1e-6f;

LIENZO_INLINE float load(float x) { return x; }
LIENZO_INLINE float load(uint16_t x) {
  return std::bit_cast<float>(static_cast<uint32_t>(x) << 16);
}
LIENZO_INLINE void store(float value, float& to) { to = value; }
// Round to nearest, ties to even.
LIENZO_INLINE void store(float value, uint16_t& to) {
  const auto bits = std::bit_cast<uint32_t>(value);
  to = static_cast<uint16_t>((bits + 0x7FFFu + ((bits >> 16) & 1u)) >> 16);
}

// e^x for |x| <= 80 in the manner of Cephes' expf (Moshier 1989): x = n ln 2 + r, |r| <= ln 2 / 2,
// a Taylor-like polynomial in r, and n added to the exponent. Maximum error 2 ULP.
LIENZO_INLINE float exponential(float x) {
  x = x < -80.0f ? -80.0f : x > 80.0f ? 80.0f : x;
  constexpr float kRound = 12582912.0f;  // 1.5 * 2^23: adding it rounds to a whole number
  const float shifted = x * 1.44269504f + kRound;
  const float n = shifted - kRound;
  const float r = (x - n * 0.693359375f) + n * 2.12194440e-4f;
  float p = 1.9875691500e-4f;
  p = p * r + 1.3981999507e-3f;
  p = p * r + 8.3334519073e-3f;
  p = p * r + 4.1665795894e-2f;
  p = p * r + 1.6666665459e-1f;
  p = p * r + 5.0000001201e-1f;
  p = p * r * r + r + 1.0f;
  const auto exponent = static_cast<int32_t>(n);
  return p * std::bit_cast<float>((exponent + 127) << 23);
}

LIENZO_INLINE float sigmoid(float u) { return 1.0f / (1.0f + exponential(-u)); }

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
