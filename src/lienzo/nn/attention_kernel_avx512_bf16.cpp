// Compiled for AVX-512 F, BW, DQ, VL and BF16.
#include "lienzo/nn/attention_kernel_avx512.h"
#include "lienzo/nn/attention_kernel_loop.h"
#include "lienzo/nn/attention_kernel_variants.h"

namespace lienzo::nn {
namespace {

// A lane of a packed operand is two bf16 numbers, the earlier in the lower half.
struct Avx512Bf16 : Avx512 {
  static constexpr int64_t kPair = 2;

  static Vector multiply_step(Vector a, Vector b, Vector sum) {
    return _mm512_dpbf16_ps(sum, reinterpret_cast<__m512bh>(a), reinterpret_cast<__m512bh>(b));
  }

  static Vector read_row(const uint16_t* from, int64_t count) {
    const auto mask = static_cast<__mmask32>((uint64_t{1} << count) - 1u);
    return _mm512_castsi512_ps(_mm512_maskz_loadu_epi16(mask, from));
  }
  static Vector read_down(const uint16_t* from, int64_t stride, int64_t rows, int64_t count) {
    const __m512i upper = _mm512_cvtepu16_epi32(_mm256_maskz_loadu_epi16(first(count), from));
    const __m512i lower =
        _mm512_cvtepu16_epi32(_mm256_maskz_loadu_epi16(first(rows > 1 ? count : 0), from + stride));
    return _mm512_castsi512_ps(_mm512_or_si512(upper, _mm512_slli_epi32(lower, 16)));
  }

  static Vector add_steps(Vector x, Vector sum) {
    return multiply_step(x, _mm512_castsi512_ps(_mm512_set1_epi16(0x3F80)), sum);  // times one
  }
  static Vector add_bits(Vector a, Vector b) {
    return _mm512_castsi512_ps(_mm512_add_epi32(_mm512_castps_si512(a), _mm512_castps_si512(b)));
  }

  // The upper halves of a and b as the two numbers of each lane.
  static Vector pair_upper_halves(Vector a, Vector b) {
    const __m512i words = _mm512_set_epi32(0x003F001F,
                                           0x003D001D,
                                           0x003B001B,
                                           0x00390019,
                                           0x00370017,
                                           0x00350015,
                                           0x00330013,
                                           0x00310011,
                                           0x002F000F,
                                           0x002D000D,
                                           0x002B000B,
                                           0x00290009,
                                           0x00270007,
                                           0x00250005,
                                           0x00230003,
                                           0x00210001);
    return _mm512_castsi512_ps(
        _mm512_permutex2var_epi16(_mm512_castps_si512(a), words, _mm512_castps_si512(b)));
  }

  static void write(uint16_t* to, Vector x, int64_t count) {
    _mm256_mask_storeu_epi16(to, first(count), reinterpret_cast<__m256i>(_mm512_cvtneps_pbh(x)));
  }
};

}  // namespace

const AttentionKernel kAttentionAvx512Bf16 = make_attention_kernel<Avx512Bf16, uint16_t>();

}  // namespace lienzo::nn
