#pragma once

#include <cstdint>
#include <span>
#include <utility>

namespace lienzo {

/// A small, portable random generator: xoshiro256** seeded through splitmix64 (Blackman & Vigna,
/// prng.di.unimi.it). The same seed gives the same numbers on every machine and compiler, which the
/// distributions of the standard library do not promise. For data; tensors have tensor/noise.h.
class Random {
 public:
  explicit Random(uint64_t seed);
  /// An independent generator for item `index` of stream `seed`.
  Random(uint64_t seed, uint64_t index);

  uint64_t bits();
  double uniform();                         // [0, 1)
  double uniform(double low, double high);  // [low, high)
  int integer(int low, int high);           // low..high, both included
  bool chance(double probability) { return uniform() < probability; }
  double normal();  // mean 0, deviation 1

  template <typename T>
  const T& pick(std::span<const T> items) {
    return items[static_cast<size_t>(integer(0, static_cast<int>(items.size()) - 1))];
  }
  template <typename Container>
  void shuffle(Container& items) {
    for (int i = static_cast<int>(items.size()) - 1; i > 0; --i)
      std::swap(items[i], items[integer(0, i)]);
  }

 private:
  uint64_t state_[4];
};

/// Mixes two integers into a well distributed one; for stable assignments such as a held-out set.
uint64_t mix_bits(uint64_t a, uint64_t b = 0);

}  // namespace lienzo
