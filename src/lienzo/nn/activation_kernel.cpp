#include "lienzo/nn/activation_kernel.h"

#include "lienzo/nn/kernel_math.h"

namespace lienzo::nn {
namespace {

template <Activation kF, typename V>
LIENZO_INLINE V apply(V x) {
  if constexpr (kF == Activation::kSilu) return x * sigmoid(x);
  if constexpr (kF == Activation::kQuickGelu) return x * sigmoid(1.702f * x);
  if constexpr (kF == Activation::kGelu) return x * normal_distribution(x);
}

template <Activation kF, typename T>
LIENZO_INLINE void activate_all(const T* x, int64_t count, T* y) {
  for_lanes(count, [&](int64_t i, auto lanes) LIENZO_INLINE_LAMBDA {
    store_to(apply<kF>(load_from<decltype(lanes)>(x + i)), y + i);
  });
}

template <typename T>
LIENZO_INLINE void activate_by(const T* x, int64_t count, Activation f, T* y) {
  switch (f) {
    case Activation::kSilu: return activate_all<Activation::kSilu>(x, count, y);
    case Activation::kQuickGelu: return activate_all<Activation::kQuickGelu>(x, count, y);
    case Activation::kGelu: return activate_all<Activation::kGelu>(x, count, y);
  }
}

template <typename T>
LIENZO_INLINE void gate(const T* x, int64_t rows, int64_t width, T* y) {
  for (int64_t row = 0; row < rows; ++row, x += 2 * width, y += width) {
    for_lanes(width, [&](int64_t i, auto lanes) LIENZO_INLINE_LAMBDA {
      using V = decltype(lanes);
      store_to(load_from<V>(x + i) * apply<Activation::kGelu>(load_from<V>(x + width + i)), y + i);
    });
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
