#pragma once

#include <immintrin.h>

#include <cstdint>

namespace lienzo::nn {
namespace {

// Sixteen fp32 lanes, for the kernels of AVX-512 with and without BF16.
struct Avx512 {
  using Vector = __m512;
  static constexpr int64_t kLanes = 16, kRows = 8, kVectors = 2;

  static Vector broadcast(float x) { return _mm512_set1_ps(x); }
  static Vector load(const float* from) { return _mm512_load_ps(from); }
  static void store(float* to, Vector x) { _mm512_store_ps(to, x); }
  static Vector multiply_add(Vector a, Vector b, Vector c) { return _mm512_fmadd_ps(a, b, c); }
  // b where either is NaN.
  static Vector maximum(Vector a, Vector b) { return _mm512_max_ps(a, b); }
  static Vector shift_to_exponent(Vector x) {
    return _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_castps_si512(x), 23));
  }

  static __mmask16 first(int64_t count) { return static_cast<__mmask16>((1u << count) - 1u); }

  static void write(float* to, Vector x, int64_t count) {
    _mm512_mask_storeu_ps(to, first(count), x);
  }

  // Rows become columns: pairs of rows, then of pairs, within each quarter; then the quarters.
  static void transpose(Vector (&rows)[kLanes]) {
    Vector t[kLanes];
#pragma GCC unroll 16
    for (int i = 0; i < 16; i += 4) {
      const __m512d a = _mm512_castps_pd(_mm512_unpacklo_ps(rows[i], rows[i + 1]));
      const __m512d b = _mm512_castps_pd(_mm512_unpackhi_ps(rows[i], rows[i + 1]));
      const __m512d c = _mm512_castps_pd(_mm512_unpacklo_ps(rows[i + 2], rows[i + 3]));
      const __m512d d = _mm512_castps_pd(_mm512_unpackhi_ps(rows[i + 2], rows[i + 3]));
      t[i] = _mm512_castpd_ps(_mm512_unpacklo_pd(a, c));
      t[i + 1] = _mm512_castpd_ps(_mm512_unpackhi_pd(a, c));
      t[i + 2] = _mm512_castpd_ps(_mm512_unpacklo_pd(b, d));
      t[i + 3] = _mm512_castpd_ps(_mm512_unpackhi_pd(b, d));
    }
#pragma GCC unroll 16
    for (int i = 0; i < 4; ++i) {
      const Vector a = _mm512_shuffle_f32x4(t[i], t[i + 4], 0x88);  // quarters 0 and 2
      const Vector b = _mm512_shuffle_f32x4(t[i], t[i + 4], 0xDD);  // quarters 1 and 3
      const Vector c = _mm512_shuffle_f32x4(t[i + 8], t[i + 12], 0x88);
      const Vector d = _mm512_shuffle_f32x4(t[i + 8], t[i + 12], 0xDD);
      rows[i] = _mm512_shuffle_f32x4(a, c, 0x88);
      rows[i + 4] = _mm512_shuffle_f32x4(b, d, 0x88);
      rows[i + 8] = _mm512_shuffle_f32x4(a, c, 0xDD);
      rows[i + 12] = _mm512_shuffle_f32x4(b, d, 0xDD);
    }
  }
};

}  // namespace
}  // namespace lienzo::nn
