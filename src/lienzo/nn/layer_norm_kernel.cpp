#include "lienzo/nn/layer_norm_kernel.h"

#include <cmath>
#include <type_traits>

#include "lienzo/nn/kernel_math.h"

namespace lienzo::nn {
namespace {

// The sum of f over a row.
template <typename T, typename F>
LIENZO_INLINE float sum_row(const T* x, int64_t width, F&& f) {
  Lanes sums[4] = {};  // so that an addition need not wait for the one before
  int64_t i = 0;
  for (; i + 4 * kLanes <= width; i += 4 * kLanes) {
    for (int64_t k = 0; k < 4; ++k) sums[k] += f(load_from<Lanes>(x + i + k * kLanes));
  }
  float rest = 0;
  for_lanes(width - i, [&](int64_t k, auto lanes) LIENZO_INLINE_LAMBDA {
    const auto term = f(load_from<decltype(lanes)>(x + i + k));
    if constexpr (std::is_same_v<decltype(lanes), Lanes>)
      sums[0] += term;
    else
      rest += term;
  });
  return sum_of_lanes((sums[0] + sums[1]) + (sums[2] + sums[3])) + rest;
}

template <typename In, typename Out>
LIENZO_INLINE void normalise_row(
    const In* x, int64_t width, const float* weight, const float* bias, float epsilon, Out* y) {
  const float per_number = 1.0f / static_cast<float>(width);
  const float mean = per_number * sum_row(x, width, [](auto u) LIENZO_INLINE_LAMBDA { return u; });
  const float variance = per_number * sum_row(x, width, [&](auto u) LIENZO_INLINE_LAMBDA {
                           return (u - mean) * (u - mean);
                         });
  const float scale = 1.0f / std::sqrt(variance + epsilon);
  for_lanes(width, [&](int64_t i, auto lanes) LIENZO_INLINE_LAMBDA {
    using V = decltype(lanes);
    const V u = (load_from<V>(x + i) - mean) * scale;
    store_to(u * load_from<V>(weight + i) + load_from<V>(bias + i), y + i);
  });
}

template <typename T>
LIENZO_INLINE void normalise_rows(const T* x,
                                  int64_t rows,
                                  int64_t width,
                                  const float* weight,
                                  const float* bias,
                                  float epsilon,
                                  T* y) {
  // bfloat16 is converted once for the three times that it is read.
  constexpr int64_t kMost = 4096;
  alignas(64) float converted[kMost];
  const bool converts = !std::is_same_v<T, float> && width <= kMost;
  for (int64_t row = 0; row < rows; ++row, x += width, y += width) {
    if (!converts) {
      normalise_row(x, width, weight, bias, epsilon, y);
      continue;
    }
    for_lanes(width, [&](int64_t i, auto lanes) LIENZO_INLINE_LAMBDA {
      store_to(load_from<decltype(lanes)>(x + i), converted + i);
    });
    normalise_row(converted, width, weight, bias, epsilon, y);
  }
}

}  // namespace

LIENZO_CLONES void layer_norm_rows(const float* x,
                                   int64_t rows,
                                   int64_t width,
                                   const float* weight,
                                   const float* bias,
                                   float epsilon,
                                   float* y) {
  normalise_rows(x, rows, width, weight, bias, epsilon, y);
}

LIENZO_CLONES void layer_norm_rows(const uint16_t* x,
                                   int64_t rows,
                                   int64_t width,
                                   const float* weight,
                                   const float* bias,
                                   float epsilon,
                                   uint16_t* y) {
  normalise_rows(x, rows, width, weight, bias, epsilon, y);
}

}  // namespace lienzo::nn
