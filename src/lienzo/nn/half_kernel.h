#pragma once

#include <cstdint>

namespace lienzo::nn {

/// IEEE 754 binary16 (its bits in x) -> float, `count` of them. Exact, infinities and what is no
/// number included.
void widen_halves(const uint16_t* x, int64_t count, float* y);

}  // namespace lienzo::nn
