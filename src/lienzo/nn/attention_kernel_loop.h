#pragma once

// The arithmetic of the kernel; see attention_kernel_pack.h for how it is compiled.
//
// Everything is transposed: a vector's lanes are queries. Scores are (key, query), so the softmax
// runs down the lanes and never across them; answers are (column, query), so that any width of head
// fills its vectors. Both products are then the same: kRows numbers of a panel, each broadcast,
// times kVectors vectors of queries.

#include "lienzo/nn/attention_kernel_pack.h"

#define LIENZO_INLINE inline __attribute__((always_inline))

namespace lienzo::nn {
namespace {

constexpr int64_t kKeyBlock = 128;
constexpr int64_t kStepBlock = 192;
constexpr int64_t kStripsPerBlock = 4;
constexpr float kLowest = -3.0e38f;  // hides a score; below every maximum
constexpr float kLog2E = 1.44269504f;

// x = n + r, n whole and |r| <= 1/2. Below -127, x counts as -127. NaN stays NaN in r.
template <typename Isa>
struct Split {
  typename Isa::Vector r;
  typename Isa::Vector bits_of_n;  // n + `bias` in the lowest bits

  LIENZO_INLINE Split(typename Isa::Vector x, float bias) {
    // Adding 1.5 * 2^23 rounds to a whole number.
    const typename Isa::Vector round = Isa::broadcast(12582912.0f + bias);
    x = Isa::maximum(Isa::broadcast(-127.0f), x);
    bits_of_n = x + round;
    r = x - (bits_of_n - round);
  }
};

template <typename Isa>
LIENZO_INLINE typename Isa::Vector next_term(typename Isa::Vector p,
                                             typename Isa::Vector r,
                                             float c) {
  return Isa::multiply_add(p, r, Isa::broadcast(c));
}

// 2^x for x <= 0: 2^n from its bits, times a polynomial in r (minimax of the relative error, by the
// algorithm of Remez). Maximum relative error 2e-7; exactly 0 below -126.5. NaN stays NaN.
template <typename Isa>
LIENZO_INLINE typename Isa::Vector power_of_two(typename Isa::Vector x) {
  const Split<Isa> split(x, 127.0f);
  typename Isa::Vector p = Isa::broadcast(0.0013276472f);
  p = next_term<Isa>(p, split.r, 0.00967554133f);
  p = next_term<Isa>(p, split.r, 0.0555071327f);
  p = next_term<Isa>(p, split.r, 0.240221197f);
  p = next_term<Isa>(p, split.r, 0.693146967f);
  p = next_term<Isa>(p, split.r, 1.00000007f);
  return p * Isa::shift_to_exponent(split.bits_of_n);
}

// 2^(x + 1/2) for x <= -1/2, whose upper 16 bits are the result in bf16, rounded half up: the
// polynomial lies in 1..2, where half a unit of bf16 is 2^-8. Maximum relative error 8e-5 before
// rounding; counts as 0 (a denormal) below -126.5.
template <typename Isa>
LIENZO_INLINE typename Isa::Vector power_of_two_for_bf16(typename Isa::Vector x) {
  const Split<Isa> split(x, 0.0f);
  typename Isa::Vector p = Isa::broadcast(0.0780245227f);
  p = next_term<Isa>(p, split.r, 0.343103940f);
  p = next_term<Isa>(p, split.r, 0.980419106f);
  p = next_term<Isa>(p, split.r, 1.414111844f + 0x1p-8f);
  return Isa::add_bits(p, Isa::shift_to_exponent(split.bits_of_n));
}

template <typename Isa>
struct Tile {
  typename Isa::Vector sum[Isa::kRows][Isa::kVectors];
};

// sum over steps of a (step, row) times b (step, query), in fp32. Unrolled by fours, so that
// counting is few of the instructions.
template <typename Isa>
LIENZO_INLINE Tile<Isa> multiply_tile(const float* a, const float* b, int64_t steps) {
  Tile<Isa> tile;
#pragma GCC unroll 8
  for (int row = 0; row < Isa::kRows; ++row)
#pragma GCC unroll 8
    for (int v = 0; v < Isa::kVectors; ++v) tile.sum[row][v] = Isa::broadcast(0.0f);
#pragma GCC unroll 4
  for (int64_t step = 0; step < steps; ++step, a += Isa::kLanes, b += kStripWidth<Isa>) {
    typename Isa::Vector right[Isa::kVectors];
#pragma GCC unroll 8
    for (int v = 0; v < Isa::kVectors; ++v) right[v] = Isa::load(b + v * Isa::kLanes);
#pragma GCC unroll 8
    for (int row = 0; row < Isa::kRows; ++row) {
      const typename Isa::Vector left = Isa::broadcast(a[row]);
#pragma GCC unroll 8
      for (int v = 0; v < Isa::kVectors; ++v)
        tile.sum[row][v] = Isa::multiply_step(left, right[v], tile.sum[row][v]);
    }
  }
  return tile;
}

// What a strip of queries knows of the keys so far. In scratch memory; (query) unless said.
template <typename Isa>
struct Strip {
  float* queries;  // (step of dim, query)
  float* answers;  // (column, query): the sum of weights times values
  float* maximum;  // of the scores, times scale log2(e)
  float* sum;      // of the weights

  static constexpr int64_t kWidth = kStripWidth<Isa>;
  static int64_t query_floats(int64_t dim) { return steps_of<Isa>(dim) * kWidth; }
  static int64_t answer_floats(int64_t dim) {
    return divide_up(dim, Isa::kLanes) * Isa::kLanes * kWidth;
  }
  static int64_t floats(int64_t dim) { return query_floats(dim) + answer_floats(dim) + 2 * kWidth; }

  Strip(float* memory, int64_t dim)
      : queries(memory),
        answers(queries + query_floats(dim)),
        maximum(answers + answer_floats(dim)),
        sum(maximum + kWidth) {}

  void clear(int64_t dim) {
    for (int64_t i = 0; i < answer_floats(dim); ++i) answers[i] = 0;
    for (int64_t i = 0; i < kWidth; ++i) {
      maximum[i] = kLowest;
      sum[i] = 0;
    }
  }
};

// Scores (key, query) of keys from `first_key`, and their maximum for each query. A wide head is
// summed in parts: the queries' numbers then stay in the nearest cache, and fp32 sums stay short.
template <typename Isa>
LIENZO_INLINE void find_scores(const Strip<Isa>& strip,
                               const float* packed_keys,
                               int64_t dim,
                               int64_t first_key,
                               int64_t keys,
                               float* scores,
                               typename Isa::Vector (&highest)[Isa::kVectors]) {
  const int64_t steps = steps_of<Isa>(dim);
  const int64_t part = divide_up(steps, divide_up(steps, kStepBlock));
  for (int64_t step = 0; step < steps; step += part) {
    for (auto& vector : highest) vector = Isa::broadcast(kLowest);
    for (int64_t row = 0; row < keys; row += Isa::kRows) {
      const int64_t key = first_key + row;
      const float* panel =
          packed_keys + (key / Isa::kLanes * steps + step) * Isa::kLanes + key % Isa::kLanes;
      Tile<Isa> tile = multiply_tile<Isa>(
          panel, strip.queries + step * kStripWidth<Isa>, least(part, steps - step));
#pragma GCC unroll 8
      for (int i = 0; i < Isa::kRows; ++i) {
        if (row + i >= keys) break;
#pragma GCC unroll 8
        for (int v = 0; v < Isa::kVectors; ++v) {
          float* at = scores + (row + i) * kStripWidth<Isa> + v * Isa::kLanes;
          if (step > 0) tile.sum[i][v] = tile.sum[i][v] + Isa::load(at);
          Isa::store(at, tile.sum[i][v]);
          highest[v] = Isa::maximum(highest[v], tile.sum[i][v]);
        }
      }
    }
  }
}

// Hides what lies after each query; query 0 of the strip is at position `first_query`.
template <typename Isa>
void hide_later_keys(float* scores,
                     int64_t first_query,
                     int64_t first_key,
                     int64_t keys,
                     typename Isa::Vector (&highest)[Isa::kVectors]) {
  for (auto& vector : highest) vector = Isa::broadcast(kLowest);
  for (int64_t row = 0; row < keys; ++row) {
    float* at = scores + row * kStripWidth<Isa>;
    const int64_t hidden = least(first_key + row - first_query, kStripWidth<Isa>);
    for (int64_t query = 0; query < hidden; ++query) at[query] = kLowest;
    for (int v = 0; v < Isa::kVectors; ++v)
      highest[v] = Isa::maximum(highest[v], Isa::load(at + v * Isa::kLanes));
  }
}

// Turns scores into weights e^(scale (score - maximum)), in place but in steps of keys, and raises
// the maximum. `decay` becomes what the sums so far are to be multiplied by.
template <typename Isa>
LIENZO_INLINE void find_weights(const Strip<Isa>& strip,
                                float scale,
                                int64_t keys,
                                float* scores,
                                const typename Isa::Vector (&highest)[Isa::kVectors],
                                typename Isa::Vector (&decay)[Isa::kVectors]) {
  using Vector = typename Isa::Vector;
  const Vector factor = Isa::broadcast(scale * kLog2E);
  const float before_rounding = Isa::kPair == 2 ? -0.5f : 0.0f;
  Vector offset[Isa::kVectors], sum[Isa::kVectors];
  for (int v = 0; v < Isa::kVectors; ++v) {
    const Vector before = Isa::load(strip.maximum + v * Isa::kLanes);
    const Vector now = Isa::maximum(before, highest[v] * factor);
    Isa::store(strip.maximum + v * Isa::kLanes, now);
    decay[v] = power_of_two<Isa>(before - now);
    offset[v] = Isa::broadcast(before_rounding) - now;
    sum[v] = Isa::broadcast(0.0f);
  }
  const auto exponent = [&](int64_t row, int v) {
    const Vector score = Isa::load(scores + row * kStripWidth<Isa> + v * Isa::kLanes);
    return Isa::multiply_add(score, factor, offset[v]);
  };
  for (int64_t row = 0; row < keys; row += Isa::kPair) {
    float* to = scores + row / Isa::kPair * kStripWidth<Isa>;
    for (int v = 0; v < Isa::kVectors; ++v) {
      Vector weights;
      if constexpr (Isa::kPair == 2) {
        const Vector first = power_of_two_for_bf16<Isa>(exponent(row, v));
        const Vector second = row + 1 < keys ? power_of_two_for_bf16<Isa>(exponent(row + 1, v))
                                             : Isa::broadcast(0.0f);
        weights = Isa::pair_upper_halves(first, second);
      } else {
        weights = power_of_two<Isa>(exponent(row, v));
      }
      sum[v] = Isa::add_steps(weights, sum[v]);
      Isa::store(to + v * Isa::kLanes, weights);
    }
  }
  for (int v = 0; v < Isa::kVectors; ++v) {
    float* at = strip.sum + v * Isa::kLanes;
    Isa::store(at, Isa::multiply_add(Isa::load(at), decay[v], sum[v]));
  }
}

// answers = answers * decay + values^T weights.
template <typename Isa>
LIENZO_INLINE void add_values(const Strip<Isa>& strip,
                              const float* packed_values,
                              int64_t all_keys,
                              int64_t dim,
                              int64_t first_key,
                              int64_t keys,
                              const float* weights,
                              const typename Isa::Vector (&decay)[Isa::kVectors]) {
  const int64_t panel_floats = steps_of<Isa>(all_keys) * Isa::kLanes;
  const float* from = packed_values + first_key / Isa::kPair * Isa::kLanes;
  for (int64_t row = 0; row < dim; row += Isa::kRows) {
    const float* panel = from + row / Isa::kLanes * panel_floats + row % Isa::kLanes;
    const Tile<Isa> tile = multiply_tile<Isa>(panel, weights, steps_of<Isa>(keys));
#pragma GCC unroll 8
    for (int i = 0; i < Isa::kRows; ++i)
#pragma GCC unroll 8
      for (int v = 0; v < Isa::kVectors; ++v) {
        float* at = strip.answers + (row + i) * kStripWidth<Isa> + v * Isa::kLanes;
        Isa::store(at, Isa::multiply_add(Isa::load(at), decay[v], tile.sum[i][v]));
      }
  }
}

template <typename Isa>
int64_t scratch_floats(int64_t dim) {
  return kKeyBlock * kStripWidth<Isa> + kStripsPerBlock * Strip<Isa>::floats(dim);
}

template <typename Isa, typename Number>
void attend(const AttentionHead& head,
            const float* packed,
            int64_t first_query,
            int64_t last_query,
            float* scratch) {
  constexpr int64_t kWidth = kStripWidth<Isa>;
  const int64_t dim = head.dim;
  const float scale = 1.0f / __builtin_sqrtf(static_cast<float>(dim));
  const float* packed_values = packed + packed_keys_floats<Isa>(head.keys, dim);
  float* scores = scratch;
  const auto strip_of = [&](int64_t query) {
    return Strip<Isa>(
        scratch + kKeyBlock * kWidth + (query - first_query) / kWidth * Strip<Isa>::floats(dim),
        dim);
  };

  for (int64_t query = first_query; query < last_query; query += kWidth) {
    Strip<Isa> strip = strip_of(query);
    pack_queries<Isa>(static_cast<const Number*>(head.q) + query * head.q_stride,
                      head.q_stride,
                      last_query - query,
                      dim,
                      strip.queries);
    strip.clear(dim);
  }

  // Each block of keys and values serves all strips while it is in the cache.
  for (int64_t first_key = 0; first_key < head.keys; first_key += kKeyBlock) {
    const int64_t keys = least(kKeyBlock, head.keys - first_key);
    for (int64_t query = first_query; query < last_query; query += kWidth) {
      if (head.causal && first_key >= query + kWidth) continue;
      const Strip<Isa> strip = strip_of(query);
      typename Isa::Vector highest[Isa::kVectors], decay[Isa::kVectors];
      find_scores<Isa>(strip, packed, dim, first_key, keys, scores, highest);
      if (head.causal && first_key + keys - 1 > query)
        hide_later_keys<Isa>(scores, query, first_key, keys, highest);
      find_weights<Isa>(strip, scale, keys, scores, highest, decay);
      add_values<Isa>(strip, packed_values, head.keys, dim, first_key, keys, scores, decay);
    }
  }

  for (int64_t query = first_query; query < last_query; query += kWidth) {
    const Strip<Isa> strip = strip_of(query);
    for (int64_t i = 0; i < kWidth; ++i) strip.sum[i] = 1.0f / strip.sum[i];
    unpack_answers<Isa>(strip.answers,
                        strip.sum,
                        least(kWidth, last_query - query),
                        dim,
                        static_cast<Number*>(head.out) + query * head.out_stride,
                        head.out_stride);
  }
}

template <typename Isa, typename Number>
constexpr AttentionKernel make_attention_kernel() {
  return {.key_block = kKeyBlock,
          .query_block = kStripsPerBlock * kStripWidth<Isa>,
          .packed_floats = packed_floats<Isa>,
          .scratch_floats = scratch_floats<Isa>,
          .pack = pack_keys_and_values<Isa, Number>,
          .attend = attend<Isa, Number>};
}

}  // namespace
}  // namespace lienzo::nn
