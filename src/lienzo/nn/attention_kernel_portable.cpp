// For every other machine: vectors of four, which the compiler turns into whatever there is.
#include <bit>

#include "lienzo/nn/attention_kernel_loop.h"
#include "lienzo/nn/attention_kernel_variants.h"

namespace lienzo::nn {
namespace {

struct Portable {
  typedef float Vector __attribute__((vector_size(16)));
  typedef uint32_t Bits __attribute__((vector_size(16)));
  static constexpr int64_t kLanes = 4, kRows = 4, kVectors = 2, kPair = 1;

  static Vector broadcast(float x) { return Vector{x, x, x, x}; }
  static Vector load(const float* from) { return *reinterpret_cast<const Vector*>(from); }
  static void store(float* to, Vector x) { *reinterpret_cast<Vector*>(to) = x; }
  static Vector multiply_add(Vector a, Vector b, Vector c) { return a * b + c; }
  static Vector multiply_step(Vector a, Vector b, Vector sum) { return a * b + sum; }
  static Vector add_steps(Vector x, Vector sum) { return x + sum; }
  // b where either is NaN.
  static Vector maximum(Vector a, Vector b) { return a > b ? a : b; }
  static Vector shift_to_exponent(Vector x) {
    return reinterpret_cast<Vector>(reinterpret_cast<Bits>(x) << 23);
  }

  static float widen(float x) { return x; }
  static float widen(uint16_t x) { return std::bit_cast<float>(static_cast<uint32_t>(x) << 16); }
  static void narrow(float x, float& to) { to = x; }
  // Round to nearest, ties to even.
  static void narrow(float x, uint16_t& to) {
    const auto bits = std::bit_cast<uint32_t>(x);
    to = static_cast<uint16_t>((bits + 0x7FFFu + ((bits >> 16) & 1u)) >> 16);
  }

  template <typename Number>
  static Vector read_row(const Number* from, int64_t count) {
    Vector row = broadcast(0.0f);
    for (int64_t i = 0; i < count && i < kLanes; ++i) row[i] = widen(from[i]);
    return row;
  }
  template <typename Number>
  static Vector read_down(const Number* from, int64_t, int64_t, int64_t count) {
    return read_row(from, count);
  }
  template <typename Number>
  static void write(Number* to, Vector x, int64_t count) {
    for (int64_t i = 0; i < count && i < kLanes; ++i) narrow(x[i], to[i]);
  }

  static void transpose(Vector (&rows)[kLanes]) {
    for (int i = 0; i < kLanes; ++i)
      for (int j = 0; j < i; ++j) {
        const float upper = rows[j][i];
        rows[j][i] = rows[i][j];
        rows[i][j] = upper;
      }
  }
};

}  // namespace

const AttentionKernel kAttentionPortableFloat = make_attention_kernel<Portable, float>();
const AttentionKernel kAttentionPortableBFloat16 = make_attention_kernel<Portable, uint16_t>();

}  // namespace lienzo::nn
