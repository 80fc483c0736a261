#include "lienzo/nn/activation_kernel.h"

#include <algorithm>
#include <type_traits>

#include "lienzo/nn/kernel_math.h"

namespace lienzo::nn {
namespace {

template <Activation kF, typename V>
LIENZO_INLINE V apply(V x) {
  if constexpr (kF == Activation::kSilu) return silu_of(x);
  if constexpr (kF == Activation::kQuickGelu) return x / (1.0f + rough_exponential(-1.702f * x));
  if constexpr (kF == Activation::kGelu) return x * normal_distribution(x);
}

template <Activation kF, typename T>
LIENZO_INLINE void activate_all(const T* x, int64_t count, T* y) {
  if constexpr (std::is_same_v<T, float>) {
    for_lanes(count, [&](int64_t i, auto lanes) LIENZO_INLINE_LAMBDA {
      store_to(apply<kF>(load_from<decltype(lanes)>(x + i)), y + i);
    });
  } else {
    Tile tile;
    for (int64_t start = 0; start < count; start += kTile) {
      const int64_t n = std::min(kTile, count - start);
      for_lanes(n, [&](int64_t i, auto lanes) LIENZO_INLINE_LAMBDA {
        store_to(load_from<decltype(lanes)>(x + start + i), tile.numbers + i);
      });
      activate_all<kF>(tile.numbers, n, tile.numbers);
      for_lanes(n, [&](int64_t i, auto lanes) LIENZO_INLINE_LAMBDA {
        store_to(load_from<decltype(lanes)>(tile.numbers + i), y + start + i);
      });
    }
  }
}

template <typename T>
LIENZO_INLINE void activate_by(const T* x, int64_t count, Activation f, T* y) {
  switch (f) {
    case Activation::kSilu: return activate_all<Activation::kSilu>(x, count, y);
    case Activation::kQuickGelu: return activate_all<Activation::kQuickGelu>(x, count, y);
    case Activation::kGelu: return activate_all<Activation::kGelu>(x, count, y);
  }
}

LIENZO_INLINE void gate(const float* x, int64_t rows, int64_t width, float* y) {
  for (int64_t row = 0; row < rows; ++row, x += 2 * width, y += width) {
    for_lanes(width, [&](int64_t i, auto lanes) LIENZO_INLINE_LAMBDA {
      using V = decltype(lanes);
      store_to(load_from<V>(x + i) * apply<Activation::kGelu>(load_from<V>(x + width + i)), y + i);
    });
  }
}

LIENZO_INLINE void gate(const uint16_t* x, int64_t rows, int64_t width, uint16_t* y) {
  Tile tile;
  for (int64_t row = 0; row < rows; ++row, x += 2 * width, y += width) {
    for (int64_t start = 0; start < width; start += kTile) {
      const int64_t n = std::min(kTile, width - start);
      const uint16_t *values = x + start, *gates = x + width + start;
      for_lanes(n, [&](int64_t i, auto lanes) LIENZO_INLINE_LAMBDA {
        store_to(load_from<decltype(lanes)>(gates + i), tile.numbers + i);
      });
      activate_all<Activation::kGelu>(tile.numbers, n, tile.numbers);
      for_lanes(n, [&](int64_t i, auto lanes) LIENZO_INLINE_LAMBDA {
        using V = decltype(lanes);
        store_to(load_from<V>(values + i) * load_from<V>(tile.numbers + i), y + start + i);
      });
    }
  }
}

}  // namespace

LIENZO_CLONES void activate(const float* x, int64_t count, Activation f, float* y) {
  activate_by(x, count, f, y);
}

LIENZO_CLONES void activate(const uint16_t* x, int64_t count, Activation f, uint16_t* y) {
  activate_by(x, count, f, y);
}

LIENZO_CLONES void geglu_rows(const float* x, int64_t rows, int64_t width, float* y) {
  gate(x, rows, width, y);
}

LIENZO_CLONES void geglu_rows(const uint16_t* x, int64_t rows, int64_t width, uint16_t* y) {
  gate(x, rows, width, y);
}

}  // namespace lienzo::nn
