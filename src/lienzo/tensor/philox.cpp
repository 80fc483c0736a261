#include "lienzo/tensor/philox.h"

#include <array>
#include <cmath>
#include <cstddef>

namespace lienzo::tensor {
namespace {

using Counter = std::array<uint32_t, 4>;

Counter philox_4x32_10(Counter counter, uint64_t seed) {
  constexpr uint64_t kFactor0 = 0xD2511F53, kFactor1 = 0xCD9E8D57;
  constexpr uint32_t kKeyStep0 = 0x9E3779B9, kKeyStep1 = 0xBB67AE85;
  constexpr int kRounds = 10;
  auto key0 = static_cast<uint32_t>(seed);
  auto key1 = static_cast<uint32_t>(seed >> 32);
  for (int round = 0; round < kRounds; ++round) {
    const uint64_t product0 = kFactor0 * counter[0];
    const uint64_t product1 = kFactor1 * counter[2];
    counter = {static_cast<uint32_t>(product1 >> 32) ^ counter[1] ^ key0,
               static_cast<uint32_t>(product1),
               static_cast<uint32_t>(product0 >> 32) ^ counter[3] ^ key1,
               static_cast<uint32_t>(product0)};
    key0 += kKeyStep0;
    key1 += kKeyStep1;
  }
  return counter;
}

}  // namespace

void philox_normal(uint64_t seed, uint32_t call, std::span<float> out) {
  // 2^-32 and 2 pi 2^-32 as single precision, as curand has them.
  constexpr double kUnit = 2.3283064e-10F;
  constexpr double kTurn = static_cast<float>(2.3283064e-10 * 6.2831855);
  for (size_t i = 0; i < out.size(); ++i) {
    const Counter bits = philox_4x32_10({call, 0, static_cast<uint32_t>(i), 0}, seed);
    const double u = bits[0] * kUnit + kUnit / 2;
    const double angle = bits[1] * kTurn + kTurn / 2;
    out[i] = static_cast<float>(std::sqrt(-2 * std::log(u)) * std::sin(angle));
  }
}

}  // namespace lienzo::tensor
