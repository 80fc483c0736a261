// Compiled for AVX2 and FMA.
#include <immintrin.h>

#include "lienzo/nn/attention_kernel_loop.h"
#include "lienzo/nn/attention_kernel_variants.h"

namespace lienzo::nn {
namespace {

// Eight fp32 lanes. A tile of 4 x 3 sums, three queries and a number fill the sixteen registers.
struct Avx2 {
  using Vector = __m256;
  static constexpr int64_t kLanes = 8, kRows = 4, kVectors = 3, kPair = 1;

  static Vector broadcast(float x) { return _mm256_set1_ps(x); }
  static Vector load(const float* from) { return _mm256_load_ps(from); }
  static void store(float* to, Vector x) { _mm256_store_ps(to, x); }
  static Vector multiply_add(Vector a, Vector b, Vector c) { return _mm256_fmadd_ps(a, b, c); }
  static Vector multiply_step(Vector a, Vector b, Vector sum) { return multiply_add(a, b, sum); }
  static Vector add_steps(Vector x, Vector sum) { return x + sum; }
  // b where either is NaN.
  static Vector maximum(Vector a, Vector b) { return _mm256_max_ps(a, b); }
  static Vector shift_to_exponent(Vector x) {
    return _mm256_castsi256_ps(_mm256_slli_epi32(_mm256_castps_si256(x), 23));
  }

  static __m256i first(int64_t count) {
    return _mm256_cmpgt_epi32(_mm256_set1_epi32(static_cast<int>(count)),
                              _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7));
  }

  static Vector read_row(const float* from, int64_t count) {
    return _mm256_maskload_ps(from, first(count));
  }
  static Vector read_row(const uint16_t* from, int64_t count) {
    alignas(16) uint16_t words[kLanes] = {};
    if (count < kLanes) {
      for (int64_t i = 0; i < count; ++i) words[i] = from[i];
      from = words;
    }
    const __m256i wide =
        _mm256_cvtepu16_epi32(_mm_loadu_si128(reinterpret_cast<const __m128i*>(from)));
    return _mm256_castsi256_ps(_mm256_slli_epi32(wide, 16));
  }
  template <typename Number>
  static Vector read_down(const Number* from, int64_t, int64_t, int64_t count) {
    return read_row(from, count);
  }

  static void write(float* to, Vector x, int64_t count) {
    _mm256_maskstore_ps(to, first(count), x);
  }
  // Round to nearest, ties to even.
  static void write(uint16_t* to, Vector x, int64_t count) {
    const __m256i bits = _mm256_castps_si256(x);
    const __m256i odd = _mm256_and_si256(_mm256_srli_epi32(bits, 16), _mm256_set1_epi32(1));
    const __m256i rounded = _mm256_srli_epi32(
        _mm256_add_epi32(bits, _mm256_add_epi32(odd, _mm256_set1_epi32(0x7FFF))), 16);
    const __m128i words =
        _mm_packus_epi32(_mm256_castsi256_si128(rounded), _mm256_extracti128_si256(rounded, 1));
    if (count == kLanes) {
      _mm_storeu_si128(reinterpret_cast<__m128i*>(to), words);
      return;
    }
    alignas(16) uint16_t some[kLanes];
    _mm_store_si128(reinterpret_cast<__m128i*>(some), words);
    for (int64_t i = 0; i < count; ++i) to[i] = some[i];
  }

  // Rows become columns: pairs of rows, then of pairs, within each half; then the halves.
  static void transpose(Vector (&rows)[kLanes]) {
    Vector t[kLanes];
#pragma GCC unroll 8
    for (int i = 0; i < 8; i += 4) {
      const __m256d a = _mm256_castps_pd(_mm256_unpacklo_ps(rows[i], rows[i + 1]));
      const __m256d b = _mm256_castps_pd(_mm256_unpackhi_ps(rows[i], rows[i + 1]));
      const __m256d c = _mm256_castps_pd(_mm256_unpacklo_ps(rows[i + 2], rows[i + 3]));
      const __m256d d = _mm256_castps_pd(_mm256_unpackhi_ps(rows[i + 2], rows[i + 3]));
      t[i] = _mm256_castpd_ps(_mm256_unpacklo_pd(a, c));
      t[i + 1] = _mm256_castpd_ps(_mm256_unpackhi_pd(a, c));
      t[i + 2] = _mm256_castpd_ps(_mm256_unpacklo_pd(b, d));
      t[i + 3] = _mm256_castpd_ps(_mm256_unpackhi_pd(b, d));
    }
#pragma GCC unroll 8
    for (int i = 0; i < 4; ++i) {
      rows[i] = _mm256_permute2f128_ps(t[i], t[i + 4], 0x20);
      rows[i + 4] = _mm256_permute2f128_ps(t[i], t[i + 4], 0x31);
    }
  }
};

}  // namespace

const AttentionKernel kAttentionAvx2Float = make_attention_kernel<Avx2, float>();
const AttentionKernel kAttentionAvx2BFloat16 = make_attention_kernel<Avx2, uint16_t>();

}  // namespace lienzo::nn
