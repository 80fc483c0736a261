#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <type_traits>

/// What the kernels share: arithmetic in fp32 on numbers that are float or, as uint16_t, bfloat16,
/// sixteen at a time or one. Everything is inlined into functions marked LIENZO_CLONES, where the
/// compiler maps sixteen lanes to whatever registers the instruction set has.

// One copy per instruction set, chosen when the program is loaded.
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && \
    !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#define LIENZO_CLONES __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define LIENZO_CLONES
#endif
#define LIENZO_INLINE inline __attribute__((always_inline))
#define LIENZO_INLINE_LAMBDA __attribute__((always_inline))

namespace lienzo::nn {

constexpr int64_t kLanes = 16;
using Lanes = float __attribute__((vector_size(64)));

namespace detail {
using Words = uint32_t __attribute__((vector_size(64)));
using Halves = uint16_t __attribute__((vector_size(32)));
template <typename V>
struct BitsOf;
template <>
struct BitsOf<float> {
  using type = uint32_t;
};
template <>
struct BitsOf<Lanes> {
  using type = Words;
};
}  // namespace detail

/// The bits of a float, or of every lane.
template <typename V>
using Bits = typename detail::BitsOf<V>::type;

/// `value` in every lane.
template <typename V>
LIENZO_INLINE V filled(float value) {
  return V{} + value;
}

/// bfloat16 in the low half: rounds to nearest, ties to even.
template <typename V>
LIENZO_INLINE Bits<V> bfloat_bits(V value) {
  const auto bits = std::bit_cast<Bits<V>>(value);
  return (bits + 0x7FFFu + ((bits >> 16) & 1u)) >> 16;
}

LIENZO_INLINE float load(float x) { return x; }
LIENZO_INLINE float load(uint16_t x) {
  return std::bit_cast<float>(static_cast<uint32_t>(x) << 16);
}
LIENZO_INLINE void store(float value, float& to) { to = value; }
LIENZO_INLINE void store(float value, uint16_t& to) {
  to = static_cast<uint16_t>(bfloat_bits(value));
}

/// One number (V = float) or sixteen (V = Lanes) that lie at x.
template <typename V, typename T>
LIENZO_INLINE V load_from(const T* x) {
  if constexpr (std::is_same_v<V, float>) {
    return load(*x);
  } else if constexpr (std::is_same_v<T, float>) {
    Lanes lanes;
    std::memcpy(&lanes, x, sizeof lanes);
    return lanes;
  } else {
    detail::Halves halves;
    std::memcpy(&halves, x, sizeof halves);
    return std::bit_cast<Lanes>(__builtin_convertvector(halves, detail::Words) << 16);
  }
}
template <typename V, typename T>
LIENZO_INLINE void store_to(V value, T* to) {
  if constexpr (std::is_same_v<V, float>) {
    store(value, *to);
  } else if constexpr (std::is_same_v<T, float>) {
    std::memcpy(to, &value, sizeof value);
  } else {
    const auto halves = __builtin_convertvector(bfloat_bits(value), detail::Halves);
    std::memcpy(to, &halves, sizeof halves);
  }
}

/// Calls f(i, V{}) for every i of 0..count: V = Lanes while sixteen are left, then float.
template <typename F>
LIENZO_INLINE void for_lanes(int64_t count, F&& f) {
  int64_t i = 0;
  for (; i + kLanes <= count; i += kLanes) f(i, Lanes{});
  for (; i < count; ++i) f(i, float{});
}

/// Numbers on the way through several short loops: the processor keeps more of them in flight than
/// of one long chain of operations that starts and ends with a conversion of bfloat16.
constexpr int64_t kTile = 256;
struct alignas(64) Tile {
  float numbers[kTile];
};

LIENZO_INLINE float sum_of_lanes(Lanes lanes) {
  float sum = 0;
  for (int i = 0; i < kLanes; ++i) sum += lanes[i];
  return sum;
}

template <typename V>
LIENZO_INLINE V clamp(V x, float low, float high) {
  x = x < low ? filled<V>(low) : x;
  return x > high ? filled<V>(high) : x;
}

/// e^x for |x| <= 80 in the manner of Cephes' expf (Moshier 1989): x = n ln 2 + r, |r| <= ln 2 / 2,
/// a Taylor-like polynomial in r, and n added to the exponent. Maximum error 2 ULP.
template <typename V>
LIENZO_INLINE V exponential(V x) {
  x = clamp(x, -80.0f, 80.0f);
  constexpr float kRound = 12582912.0f;  // 1.5 * 2^23: adding it rounds to a whole number
  const V shifted = x * 1.44269504f + kRound;
  const V n = shifted - kRound;
  const V r = (x - n * 0.693359375f) + n * 2.12194440e-4f;
  V p = filled<V>(1.9875691500e-4f);
  p = p * r + 1.3981999507e-3f;
  p = p * r + 8.3334519073e-3f;
  p = p * r + 4.1665795894e-2f;
  p = p * r + 1.6666665459e-1f;
  p = p * r + 5.0000001201e-1f;
  p = p * r * r + r + 1.0f;
  const Bits<V> exponent = std::bit_cast<Bits<V>>(shifted) + 127u;  // its low bits are n
  return p * std::bit_cast<V>(exponent << 23);
}

template <typename V>
LIENZO_INLINE V sigmoid(V u) {
  return 1.0f / (1.0f + exponential(-u));
}

/// The same with fewer steps for sums with 1: x = (n + f) ln 2, |f| <= 1/2, and the Taylor series
/// of 2^f. Relative error at most 2e-7 (1 + |x|).
template <typename V>
LIENZO_INLINE V rough_exponential(V x) {
  x = clamp(x, -80.0f, 80.0f);
  const V shifted = x * 1.44269504f + 12582912.0f;
  const V f = x * 1.44269504f - (shifted - 12582912.0f);
  V p = filled<V>(1.5403530e-4f);
  p = p * f + 1.3333558e-3f;
  p = p * f + 9.6181291e-3f;
  p = p * f + 5.5504109e-2f;
  p = p * f + 2.4022651e-1f;
  p = p * f + 6.9314718e-1f;
  p = p * f + 1.0f;
  const Bits<V> exponent = std::bit_cast<Bits<V>>(shifted) + 127u;
  return p * std::bit_cast<V>(exponent << 23);
}

/// x / (1 + e^-x); error at most 2e-7 of |x|.
template <typename V>
LIENZO_INLINE V silu_of(V x) {
  return x / (1.0f + rough_exponential(-x));
}

/// The normal distribution function (1 + erf(x / sqrt 2)) / 2 as 1/2 + x P(x^2) / Q(x^2), a minimax
/// fit of our own on |x| <= 5.3, constant outside, where it is 0 or 1 to the last bit. Error at
/// most 2e-7.
template <typename V>
LIENZO_INLINE V normal_distribution(V x) {
  x = clamp(x, -5.3f, 5.3f);
  const V s = x * x;
  V p = filled<V>(2.40519695e-8f);
  p = p * s + 6.37875931e-6f;
  p = p * s + 1.60303836e-4f;
  p = p * s + 4.62780570e-3f;
  p = p * s + 3.29328735e-2f;
  p = p * s + 3.98942254e-1f;
  V q = filled<V>(1.23719498e-6f);
  q = q * s + 7.13420230e-5f;
  q = q * s + 1.83639817e-3f;
  q = q * s + 2.81371343e-2f;
  q = q * s + 2.49216703e-1f;
  q = q * s + 1.0f;
  return 0.5f + x * (p / q);
}

}  // namespace lienzo::nn
