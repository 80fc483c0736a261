#include "lienzo/base/random.h"

#include <bit>
#include <cmath>
#include <numbers>

namespace lienzo {
namespace {

uint64_t splitmix64(uint64_t& state) {
  state += 0x9E3779B97F4A7C15ULL;
  uint64_t z = state;
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ULL;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBULL;
  return z ^ (z >> 31);
}

}  // namespace

uint64_t mix_bits(uint64_t a, uint64_t b) {
  uint64_t state = a;
  state = splitmix64(state) ^ b;
  return splitmix64(state);
}

Random::Random(uint64_t seed) {
  for (uint64_t& word : state_) word = splitmix64(seed);
}

Random::Random(uint64_t seed, uint64_t index) : Random(mix_bits(seed, index)) {}

uint64_t Random::bits() {
  const uint64_t result = std::rotl(state_[1] * 5, 7) * 9;
  const uint64_t t = state_[1] << 17;
  state_[2] ^= state_[0];
  state_[3] ^= state_[1];
  state_[1] ^= state_[2];
  state_[0] ^= state_[3];
  state_[2] ^= t;
  state_[3] = std::rotl(state_[3], 45);
  return result;
}

double Random::uniform() { return static_cast<double>(bits() >> 11) * 0x1.0p-53; }

double Random::uniform(double low, double high) { return low + (high - low) * uniform(); }

int Random::integer(int low, int high) {
  const uint64_t range = static_cast<uint64_t>(static_cast<int64_t>(high) - low) + 1;
  // Multiply-shift (Lemire 2019) without rejection: the bias is below range / 2^64.
  const auto above = static_cast<int64_t>((static_cast<unsigned __int128>(bits()) * range) >> 64);
  return static_cast<int>(low + above);
}

double Random::normal() {
  // Box-Muller; the second value is thrown away so that the generator has no hidden state.
  const double radius = std::sqrt(-2.0 * std::log(1.0 - uniform()));
  return radius * std::cos(2.0 * std::numbers::pi * uniform());
}

}  // namespace lienzo
