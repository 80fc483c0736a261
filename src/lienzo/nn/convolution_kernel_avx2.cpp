// Compiled for AVX2 and FMA.
#include <immintrin.h>

#include <algorithm>
#include <cstring>

#include "lienzo/nn/convolution_kernel.h"

namespace lienzo::nn {
namespace {

constexpr int64_t kPanel = kConvolutionPanel, kDepth = kConvolutionDepth;
constexpr int64_t kPixels = 6;  // of a tile: 6 x 2 sums, two weights and a number fill 15 registers

// Adds to kCount neighbouring pixels of 16 outputs what `deep` channels give. `x` is the first
// pixel that the first tap sees; `to_row` numbers further is the row below.
template <int kCount>
void add_tile(const float* x,
              int64_t to_row,
              int64_t kernel,
              int64_t deep,
              const float* weights,
              const float* start,
              int64_t start_stride,
              float* y,
              int64_t y_stride) {
  __m256 low[kCount], high[kCount];
#pragma GCC unroll 6
  for (int p = 0; p < kCount; ++p) {
    low[p] = _mm256_loadu_ps(start + p * start_stride);
    high[p] = _mm256_loadu_ps(start + p * start_stride + 8);
  }
  for (int64_t row = 0; row < kernel; ++row) {
    // The taps of a row lie one behind the other, as the pixels do.
    const float* from = x + row * to_row;
    for (int64_t column = 0; column < kernel; ++column, from += kDepth) {
      for (int64_t c = 0; c < deep; ++c, weights += kPanel) {
        const __m256 w0 = _mm256_loadu_ps(weights), w1 = _mm256_loadu_ps(weights + 8);
#pragma GCC unroll 6
        for (int p = 0; p < kCount; ++p) {
          const __m256 number = _mm256_broadcast_ss(from + p * kDepth + c);
          low[p] = _mm256_fmadd_ps(number, w0, low[p]);
          high[p] = _mm256_fmadd_ps(number, w1, high[p]);
        }
      }
    }
  }
#pragma GCC unroll 6
  for (int p = 0; p < kCount; ++p) {
    _mm256_storeu_ps(y + p * y_stride, low[p]);
    _mm256_storeu_ps(y + p * y_stride + 8, high[p]);
  }
}

using AddTile = void (*)(
    const float*, int64_t, int64_t, int64_t, const float*, const float*, int64_t, float*, int64_t);
constexpr AddTile kAddTile[] = {
    nullptr, add_tile<1>, add_tile<2>, add_tile<3>, add_tile<4>, add_tile<5>, add_tile<6>};

// Rows of a few channels with the zeros around them, pixels kDepth numbers apart.
void copy_channels(const ConvolutionTask& task, int64_t first, int64_t deep, float* strip) {
  const int64_t columns = task.y_width + task.kernel - 1;
  const int64_t copied = std::min(task.width, columns - task.left);
  for (int64_t row = 0; row < task.rows + task.kernel - 1; ++row, strip += columns * kDepth) {
    const int64_t from = row - task.above;
    if (from < 0 || from >= task.x_rows) {
      std::memset(strip, 0, static_cast<size_t>(columns * kDepth) * sizeof(float));
      continue;
    }
    std::memset(strip, 0, static_cast<size_t>(task.left * kDepth) * sizeof(float));
    const float* pixel = task.x + from * task.width * task.channels + first;
    float* to = strip + task.left * kDepth;
    for (int64_t column = 0; column < copied; ++column, pixel += task.channels, to += kDepth)
      std::memcpy(to, pixel, static_cast<size_t>(deep) * sizeof(float));
    std::memset(to, 0, static_cast<size_t>(strip + columns * kDepth - to) * sizeof(float));
  }
}

}  // namespace

bool prefers_convolution_kernel() {
  static const bool prefers = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") &&
                              !__builtin_cpu_supports("avx512f");
  return prefers;
}

int64_t convolution_scratch(const ConvolutionTask& task) {
  return (task.rows + task.kernel - 1) * (task.y_width + task.kernel - 1) * kDepth;
}

void convolve(const ConvolutionTask& task, float* strip) {
  const int64_t taps = task.kernel * task.kernel;
  const int64_t to_row = (task.y_width + task.kernel - 1) * kDepth;
  for (int64_t first = 0; first < task.channels; first += kDepth) {
    const int64_t deep = std::min(kDepth, task.channels - first);
    copy_channels(task, first, deep, strip);
    for (int64_t panel = task.first_panel; panel < task.last_panel; ++panel) {
      const float* weights = task.weights + (panel * task.channels + first) * taps * kPanel;
      for (int64_t row = 0; row < task.rows; ++row) {
        for (int64_t column = 0; column < task.y_width;) {
          const int64_t count = std::min(kPixels, task.y_width - column);
          float* y = task.y + (row * task.y_width + column) * task.outputs + panel * kPanel;
          // The first channels begin with the bias.
          const float* start = first == 0 ? task.bias + panel * kPanel : y;
          kAddTile[count](strip + row * to_row + column * kDepth,
                          to_row,
                          task.kernel,
                          deep,
                          weights,
                          start,
                          first == 0 ? 0 : task.outputs,
                          y,
                          task.outputs);
          column += count;
        }
      }
    }
  }
}

}  // namespace lienzo::nn
