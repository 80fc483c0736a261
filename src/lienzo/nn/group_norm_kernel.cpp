#include "lienzo/nn/group_norm_kernel.h"

#include <algorithm>

#include "lienzo/nn/kernel_math.h"

namespace lienzo::nn {
namespace {

constexpr int64_t kBlockRows = 16;

template <typename T>
LIENZO_INLINE void statistics(
    const T* x, int64_t rows, int64_t channels, float* first, float* mean, float* squares) {
  for (int64_t c = 0; c < channels; ++c) first[c] = load(x[c]);
  std::fill(mean, mean + channels, 0.0f);
  std::fill(squares, squares + channels, 0.0f);
  for (int64_t start = 0; start < rows; start += kBlockRows, x += kBlockRows * channels) {
    const int64_t block = std::min(kBlockRows, rows - start);
    const float per_row = 1.0f / static_cast<float>(block);
    const float share = static_cast<float>(block) / static_cast<float>(start + block);
    const float weight = share * static_cast<float>(start);
    for_lanes(channels, [&](int64_t c, auto lanes) LIENZO_INLINE_LAMBDA {
      using V = decltype(lanes);
      const V origin = load_from<V>(first + c);
      V sum = {}, distance = {};
      for (int64_t row = 0; row < block; ++row)
        sum += load_from<V>(x + row * channels + c) - origin;
      const V block_mean = sum * per_row, centre = origin + block_mean;
      for (int64_t row = 0; row < block; ++row) {
        const V d = load_from<V>(x + row * channels + c) - centre;
        distance += d * d;
      }
      const V before = load_from<V>(mean + c), d = block_mean - before;
      store_to(before + d * share, mean + c);
      store_to(load_from<V>(squares + c) + distance + d * d * weight, squares + c);
    });
  }
}

template <typename T, bool kSilu>
LIENZO_INLINE void scale_rows(const T* x,
                              int64_t rows,
                              int64_t channels,
                              const float* shift,
                              const float* scale,
                              const float* bias,
                              T* y) {
  const auto scaled = [&](int64_t c, auto lanes) LIENZO_INLINE_LAMBDA {
    using V = decltype(lanes);
    return (load_from<V>(x + c) + load_from<V>(shift + c)) * load_from<V>(scale + c) +
           load_from<V>(bias + c);
  };
  Tile tile;
  for (int64_t row = 0; row < rows; ++row, x += channels, y += channels) {
    if constexpr (!kSilu || std::is_same_v<T, float>) {
      for_lanes(channels, [&](int64_t c, auto lanes) LIENZO_INLINE_LAMBDA {
        const auto u = scaled(c, lanes);
        if constexpr (kSilu)
          store_to(silu_of(u), y + c);
        else
          store_to(u, y + c);
      });
      continue;
    }
    for (int64_t start = 0; start < channels; start += kTile) {
      const int64_t n = std::min(kTile, channels - start);
      for_lanes(n, [&](int64_t i, auto lanes) LIENZO_INLINE_LAMBDA {
        store_to(scaled(start + i, lanes), tile.numbers + i);
      });
      for_lanes(n, [&](int64_t i, auto lanes) LIENZO_INLINE_LAMBDA {
        store_to(silu_of(load_from<decltype(lanes)>(tile.numbers + i)), tile.numbers + i);
      });
      for_lanes(n, [&](int64_t i, auto lanes) LIENZO_INLINE_LAMBDA {
        store_to(load_from<decltype(lanes)>(tile.numbers + i), y + start + i);
      });
    }
  }
}

}  // namespace

LIENZO_CLONES void channel_statistics(
    const float* x, int64_t rows, int64_t channels, float* first, float* mean, float* squares) {
  statistics(x, rows, channels, first, mean, squares);
}

LIENZO_CLONES void channel_statistics(
    const uint16_t* x, int64_t rows, int64_t channels, float* first, float* mean, float* squares) {
  statistics(x, rows, channels, first, mean, squares);
}

LIENZO_CLONES void scale_channels(const float* x,
                                  int64_t rows,
                                  int64_t channels,
                                  const float* shift,
                                  const float* scale,
                                  const float* bias,
                                  bool silu,
                                  float* y) {
  silu ? scale_rows<float, true>(x, rows, channels, shift, scale, bias, y)
       : scale_rows<float, false>(x, rows, channels, shift, scale, bias, y);
}

LIENZO_CLONES void scale_channels(const uint16_t* x,
                                  int64_t rows,
                                  int64_t channels,
                                  const float* shift,
                                  const float* scale,
                                  const float* bias,
                                  bool silu,
                                  uint16_t* y) {
  silu ? scale_rows<uint16_t, true>(x, rows, channels, shift, scale, bias, y)
       : scale_rows<uint16_t, false>(x, rows, channels, shift, scale, bias, y);
}

}  // namespace lienzo::nn
