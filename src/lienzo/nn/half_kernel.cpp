// Compiled with -O3: the loops below are meant to be vectorised.
#include "lienzo/nn/half_kernel.h"

#include <bit>

#include "lienzo/nn/kernel_math.h"

namespace lienzo::nn {
namespace {

// The exponent moves by multiplication, which puts the small numbers without one into place too.
LIENZO_INLINE float widened(uint16_t half) {
  constexpr float kMove = 0x1p112f;  // 2^(127 - 15)
  const uint32_t bits = half;
  const uint32_t rest = (bits & 0x7FFFu) << 13;
  const auto moved = std::bit_cast<uint32_t>(std::bit_cast<float>(rest) * kMove);
  const uint32_t special = rest | 0x7F800000u;  // infinite, or no number
  return std::bit_cast<float>((rest >= 0x0F800000u ? special : moved) | (bits & 0x8000u) << 16);
}

LIENZO_INLINE uint16_t rounded(uint16_t half) {
  const float wide = widened(half);
  return static_cast<uint16_t>(wide == wide ? bfloat_bits(wide) : 0x7FC0u);
}

}  // namespace

LIENZO_CLONES void widen_halves(const uint16_t* x, int64_t count, float* y) {
  for (int64_t i = 0; i < count; ++i) y[i] = widened(x[i]);
}

LIENZO_CLONES void round_halves(const uint16_t* x, int64_t count, uint16_t* y) {
  for (int64_t i = 0; i < count; ++i) y[i] = rounded(x[i]);
}

}  // namespace lienzo::nn
