#pragma once

#include <cstdint>

namespace lienzo::nn {

/// IEEE 754 binary16 (its bits in x) -> float, `count` of them. Exact, infinities and what is no
/// number included.
void widen_halves(const uint16_t* x, int64_t count, float* y);

/// IEEE 754 binary16 -> bfloat16 (their bits), rounded to the nearest, of two to the even one; what
/// is no number becomes 0x7FC0.
void round_halves(const uint16_t* x, int64_t count, uint16_t* y);

}  // namespace lienzo::nn
