#pragma once

// How the kernel lays out what it reads again and again. Only the sources of the kernel include
// this, each compiled for another instruction set: everything has internal linkage and nothing
// comes from the standard library, so that no other part of the program can be given code that the
// machine lacks.
//
// `Isa` names a vector of fp32 lanes and what is done to it (see attention_kernel_avx2.cpp). A step
// is what one multiply-add takes from each operand: kPair numbers, in the place of one fp32.

#include "lienzo/nn/attention_kernel.h"

namespace lienzo::nn {
namespace {

template <typename Isa>
constexpr int64_t kStripWidth = Isa::kLanes* Isa::kVectors;  // queries that are answered together

constexpr int64_t divide_up(int64_t a, int64_t b) { return (a + b - 1) / b; }
constexpr int64_t least(int64_t a, int64_t b) { return a < b ? a : b; }

template <typename Isa>
int64_t steps_of(int64_t numbers) {
  return divide_up(numbers, Isa::kPair);
}

// Keys and values of one head: keys (panel of kLanes keys, step of dim, key), then values (panel of
// kLanes columns, step of keys, column). Places beyond the last key or column are zero.
template <typename Isa>
int64_t packed_keys_floats(int64_t keys, int64_t dim) {
  return divide_up(keys, Isa::kLanes) * steps_of<Isa>(dim) * Isa::kLanes;
}

template <typename Isa>
int64_t packed_floats(int64_t keys, int64_t dim) {
  return packed_keys_floats<Isa>(keys, dim) +
         divide_up(dim, Isa::kLanes) * steps_of<Isa>(keys) * Isa::kLanes;
}

// Rows `first` to `last` of x, at most kLanes of them, as columns: step i goes to to + i * stride.
template <typename Isa, typename Number>
void pack_columns(
    const Number* x, int64_t x_stride, int64_t rows, int64_t dim, float* to, int64_t stride) {
  constexpr int64_t kGroup = Isa::kLanes * Isa::kPair;
  for (int64_t column = 0; column < dim; column += kGroup) {
    const int64_t count = least(kGroup, dim - column);
    typename Isa::Vector block[Isa::kLanes];
    for (int64_t row = 0; row < Isa::kLanes; ++row)
      block[row] = Isa::read_row(x + row * x_stride + column, row < rows ? count : 0);
    Isa::transpose(block);
    const int64_t steps = steps_of<Isa>(count);
    for (int64_t step = 0; step < steps; ++step, to += stride) Isa::store(to, block[step]);
  }
}

template <typename Isa, typename Number>
void pack_keys_and_values(const AttentionHead& head,
                          int64_t first_key,
                          int64_t last_key,
                          float* packed) {
  const auto* k = static_cast<const Number*>(head.k);
  const auto* v = static_cast<const Number*>(head.v);
  const int64_t panel_floats = steps_of<Isa>(head.dim) * Isa::kLanes;
  for (int64_t key = first_key; key < last_key; key += Isa::kLanes)
    pack_columns<Isa>(k + key * head.k_stride,
                      head.k_stride,
                      last_key - key,
                      head.dim,
                      packed + key / Isa::kLanes * panel_floats,
                      Isa::kLanes);

  float* values = packed + packed_keys_floats<Isa>(head.keys, head.dim);
  const int64_t value_steps = steps_of<Isa>(head.keys);
  for (int64_t key = first_key; key < last_key; key += Isa::kPair) {
    const Number* row = v + key * head.v_stride;
    for (int64_t column = 0; column < head.dim; column += Isa::kLanes) {
      const int64_t count = least(Isa::kLanes, head.dim - column);
      Isa::store(values + column * value_steps + key / Isa::kPair * Isa::kLanes,
                 Isa::read_down(row + column, head.v_stride, last_key - key, count));
    }
  }
}

// The queries of a strip, (step of dim, query); queries beyond the last are zero.
template <typename Isa, typename Number>
void pack_queries(const Number* q, int64_t q_stride, int64_t queries, int64_t dim, float* to) {
  for (int64_t v = 0; v < Isa::kVectors; ++v)
    pack_columns<Isa>(q + v * Isa::kLanes * q_stride,
                      q_stride,
                      queries - v * Isa::kLanes,
                      dim,
                      to + v * Isa::kLanes,
                      kStripWidth<Isa>);
}

// The answers of a strip, (column, query), times `factor` (query), as rows of the result.
template <typename Isa, typename Number>
void unpack_answers(const float* answers,
                    const float* factor,
                    int64_t queries,
                    int64_t dim,
                    Number* out,
                    int64_t out_stride) {
  for (int64_t v = 0; v < Isa::kVectors && v * Isa::kLanes < queries; ++v) {
    const int64_t rows = least(Isa::kLanes, queries - v * Isa::kLanes);
    const typename Isa::Vector by = Isa::load(factor + v * Isa::kLanes);
    for (int64_t column = 0; column < dim; column += Isa::kLanes) {
      const int64_t count = least(Isa::kLanes, dim - column);
      typename Isa::Vector block[Isa::kLanes];
      for (int64_t i = 0; i < Isa::kLanes; ++i)
        block[i] = Isa::load(answers + (column + i) * kStripWidth<Isa> + v * Isa::kLanes) * by;
      Isa::transpose(block);
      for (int64_t row = 0; row < rows; ++row)
        Isa::write(out + (v * Isa::kLanes + row) * out_stride + column, block[row], count);
    }
  }
}

}  // namespace
}  // namespace lienzo::nn
