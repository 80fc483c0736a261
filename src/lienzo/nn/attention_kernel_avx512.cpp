// Compiled for AVX-512 F, BW, DQ and VL.
#include "lienzo/nn/attention_kernel_avx512.h"

#include "lienzo/nn/attention_kernel_loop.h"
#include "lienzo/nn/attention_kernel_variants.h"

namespace lienzo::nn {
namespace {

struct Avx512Float : Avx512 {
  static constexpr int64_t kPair = 1;

  static Vector multiply_step(Vector a, Vector b, Vector sum) { return multiply_add(a, b, sum); }
  static Vector add_steps(Vector x, Vector sum) { return x + sum; }

  static Vector read_row(const float* from, int64_t count) {
    return _mm512_maskz_loadu_ps(first(count), from);
  }
  static Vector read_row(const uint16_t* from, int64_t count) {
    const __m512i words = _mm512_cvtepu16_epi32(_mm256_maskz_loadu_epi16(first(count), from));
    return _mm512_castsi512_ps(_mm512_slli_epi32(words, 16));
  }
  template <typename Number>
  static Vector read_down(const Number* from, int64_t, int64_t, int64_t count) {
    return read_row(from, count);
  }

  using Avx512::write;
  // Round to nearest, ties to even.
  static void write(uint16_t* to, Vector x, int64_t count) {
    const __m512i bits = _mm512_castps_si512(x);
    const __m512i odd = _mm512_and_si512(_mm512_srli_epi32(bits, 16), _mm512_set1_epi32(1));
    const __m512i rounded =
        _mm512_add_epi32(bits, _mm512_add_epi32(odd, _mm512_set1_epi32(0x7FFF)));
    _mm256_mask_storeu_epi16(
        to, first(count), _mm512_cvtepi32_epi16(_mm512_srli_epi32(rounded, 16)));
  }
};

}  // namespace

const AttentionKernel kAttentionAvx512Float = make_attention_kernel<Avx512Float, float>();
const AttentionKernel kAttentionAvx512BFloat16 = make_attention_kernel<Avx512Float, uint16_t>();

}  // namespace lienzo::nn
