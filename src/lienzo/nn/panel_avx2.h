#pragma once

// For sources that are compiled for AVX2, FMA and F16C: what the kernels have in common. Outputs
// are computed in panels of 16, a panel's weights lie as (numbers, 16).

#include <immintrin.h>

#include <cstdint>

#include "lienzo/nn/layer_kernels.h"
#include "lienzo/nn/weight_rows.h"

namespace lienzo::nn {
namespace {

// Rows of x that are multiplied together: 6 x 2 sums, two weights and a number fill 15 registers.
constexpr int64_t kTileRows = 6;

// Rows of numbers in memory; with a stride of 0 they are all the same one.
template <typename Number>
struct Rows {
  Number* first = nullptr;
  int64_t stride = 0;  // numbers from one row's beginning to the next one's

  Number* row(int64_t at) const { return first + at * stride; }
  Rows from(int64_t at) const { return {row(at), stride}; }
};

// y (kCount, 16) = start + x (kCount, deep) weights (deep, 16). Long sums are made of such parts,
// which rounds less than one sum after the other. Steps are unrolled by fours: with the counting of
// each there were more instructions than a core can begin in time that another thread shares.
template <int kCount>
void multiply_tile(Rows<const float> x,
                   int64_t deep,
                   const float* weights,
                   Rows<const float> start,
                   Rows<float> y) {
  __m256 low[kCount], high[kCount];
#pragma GCC unroll 6
  for (int p = 0; p < kCount; ++p) low[p] = high[p] = _mm256_setzero_ps();
#pragma GCC unroll 4
  for (int64_t i = 0; i < deep; ++i, weights += kPanel) {
    const __m256 w0 = _mm256_loadu_ps(weights), w1 = _mm256_loadu_ps(weights + 8);
#pragma GCC unroll 6
    for (int p = 0; p < kCount; ++p) {
      const __m256 number = _mm256_broadcast_ss(x.row(p) + i);
      low[p] = _mm256_fmadd_ps(number, w0, low[p]);
      high[p] = _mm256_fmadd_ps(number, w1, high[p]);
    }
  }
#pragma GCC unroll 6
  for (int p = 0; p < kCount; ++p) {
    const float* from = start.row(p);
    _mm256_storeu_ps(y.row(p), _mm256_loadu_ps(from) + low[p]);
    _mm256_storeu_ps(y.row(p) + 8, _mm256_loadu_ps(from + 8) + high[p]);
  }
}

// The same for any number of rows, in tiles of nearly the same size.
inline void multiply_panel(int64_t rows,
                           Rows<const float> x,
                           int64_t deep,
                           const float* weights,
                           Rows<const float> start,
                           Rows<float> y) {
  using Multiply =
      void (*)(Rows<const float>, int64_t, const float*, Rows<const float>, Rows<float>);
  constexpr Multiply kMultiply[] = {nullptr,
                                    multiply_tile<1>,
                                    multiply_tile<2>,
                                    multiply_tile<3>,
                                    multiply_tile<4>,
                                    multiply_tile<5>,
                                    multiply_tile<6>};
  const int64_t tiles = (rows + kTileRows - 1) / kTileRows;
  for (int64_t tile = 0, row = 0; tile < tiles; ++tile) {
    const int64_t end = rows * (tile + 1) / tiles;
    kMultiply[end - row](x.from(row), deep, weights, start.from(row), y.from(row));
    row = end;
  }
}

inline void transpose(__m256 (&r)[8]) {
  __m256 pairs[8], fours[8];
#pragma GCC unroll 4
  for (int i = 0; i < 4; ++i) {
    pairs[2 * i] = _mm256_unpacklo_ps(r[2 * i], r[2 * i + 1]);
    pairs[2 * i + 1] = _mm256_unpackhi_ps(r[2 * i], r[2 * i + 1]);
  }
#pragma GCC unroll 4
  for (int i = 0; i < 4; ++i) {
    const __m256 a = pairs[i / 2 * 4 + i % 2], b = pairs[i / 2 * 4 + i % 2 + 2];
    fours[i / 2 * 4 + i % 2 * 2] = _mm256_shuffle_ps(a, b, _MM_SHUFFLE(1, 0, 1, 0));
    fours[i / 2 * 4 + i % 2 * 2 + 1] = _mm256_shuffle_ps(a, b, _MM_SHUFFLE(3, 2, 3, 2));
  }
#pragma GCC unroll 4
  for (int i = 0; i < 4; ++i) {
    r[i] = _mm256_permute2f128_ps(fours[i], fours[4 + i], 0x20);
    r[4 + i] = _mm256_permute2f128_ps(fours[i], fours[4 + i], 0x31);
  }
}

inline __m256 read_eight(const float* from) { return _mm256_loadu_ps(from); }

struct Half {
  uint16_t bits;
};
inline __m256 read_eight(const Half* from) {
  return _mm256_cvtph_ps(_mm_loadu_si128(reinterpret_cast<const __m128i*>(from)));
}

struct BFloat16 {
  uint16_t bits;
};
inline __m256 read_eight(const BFloat16* from) {
  const __m256i wide =
      _mm256_cvtepu16_epi32(_mm_loadu_si128(reinterpret_cast<const __m128i*>(from)));
  return _mm256_castsi256_ps(_mm256_slli_epi32(wide, 16));
}

// Numbers first..first + count of 16 rows -> (count, 16). Those of the next panel, which lie far
// away in as many places, are brought nearer meanwhile.
template <typename Number>
void read_panel_of(const Number* rows, int64_t length, int64_t first, int64_t count, float* to) {
  constexpr int64_t kEight = 8, kLine = 64 / sizeof(Number);
  for (int64_t half = 0; half < kPanel; half += kEight) {
    const Number* from = rows + half * length + first;
    for (int64_t i = 0; i < count; i += kEight) {
      const int64_t some = count - i < kEight ? count - i : kEight;
      if (i % kLine == 0) {
        for (int row = 0; row < kEight; ++row)
          __builtin_prefetch(from + (kPanel + row) * length + i, /*for writing=*/0, /*locality=*/2);
      }
      __m256 r[kEight];
      if (some == kEight) {
#pragma GCC unroll 8
        for (int row = 0; row < kEight; ++row) r[row] = read_eight(from + row * length + i);
      } else {
        for (int row = 0; row < kEight; ++row) {
          Number last[kEight] = {};
          for (int64_t at = 0; at < some; ++at) last[at] = from[row * length + i + at];
          r[row] = read_eight(last);
        }
      }
      transpose(r);
      for (int64_t at = 0; at < some; ++at) _mm256_storeu_ps(to + (i + at) * kPanel + half, r[at]);
    }
  }
}

// Those numbers of the outputs of a panel, widened to fp32.
inline void read_panel(
    const WeightRows& weights, int64_t panel, int64_t first, int64_t count, float* to) {
  const auto read = [&](const auto* rows) {
    read_panel_of(rows + panel * kPanel * weights.length, weights.length, first, count, to);
  };
  switch (weights.type) {
    case WeightType::kFloat: return read(static_cast<const float*>(weights.numbers));
    case WeightType::kHalf: return read(static_cast<const Half*>(weights.numbers));
    case WeightType::kBFloat16: return read(static_cast<const BFloat16*>(weights.numbers));
  }
}

}  // namespace
}  // namespace lienzo::nn
