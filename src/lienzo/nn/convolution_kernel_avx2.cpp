// Compiled for AVX2, FMA and F16C.
#include <algorithm>

#include "lienzo/nn/layer_kernels.h"
#include "lienzo/nn/panel_avx2.h"

namespace lienzo::nn {
namespace {

constexpr int64_t kNumbers = 512;  // of a window that are gone through at a time

int64_t channels_together(const ConvolutionTask& task) {
  return std::max<int64_t>(1, kNumbers / (task.kernel * task.kernel));
}

// What the windows of one row of y see of some channels: (y_width, channels, kernel, kernel).
void gather(const ConvolutionTask& task,
            const float* picture,
            int64_t row,
            int64_t first,
            int64_t deep,
            float* windows) {
  for (int64_t column = 0; column < task.y_width; ++column) {
    for (int64_t c = first; c < first + deep; ++c) {
      for (int64_t i = 0; i < task.kernel; ++i) {
        const int64_t y = row * task.stride - task.above + i;
        for (int64_t j = 0; j < task.kernel; ++j) {
          const int64_t x = column * task.stride - task.left + j;
          const bool inside = y >= 0 && y < task.x_rows && x >= 0 && x < task.x_width;
          *windows++ = inside ? picture[(y * task.x_width + x) * task.channels + c] : 0;
        }
      }
    }
  }
}

}  // namespace

int64_t convolution_scratch(const ConvolutionTask& task) {
  const int64_t window = channels_together(task) * task.kernel * task.kernel;
  return (kPanel + (task.last_row - task.first_row) * task.y_width) * window;
}

void convolve(const ConvolutionTask& task, float* scratch) {
  const int64_t taps = task.kernel * task.kernel, together = channels_together(task);
  const int64_t pixels = (task.last_row - task.first_row) * task.y_width;
  float* weights = scratch;
  float* windows = scratch + kPanel * together * taps;
  for (int64_t picture = task.first_picture; picture < task.last_picture; ++picture) {
    const float* x = task.x + picture * task.x_picture;
    float* out = task.y + picture * task.y_picture + task.first_row * task.y_width * task.outputs;
    for (int64_t first = 0; first < task.channels; first += together) {
      const int64_t deep = std::min(together, task.channels - first), window = deep * taps;
      for (int64_t row = task.first_row; row < task.last_row; ++row) {
        gather(task, x, row, first, deep, windows + (row - task.first_row) * task.y_width * window);
      }
      for (int64_t panel = task.first_panel; panel < task.last_panel; ++panel) {
        read_panel(task.weights, panel, first * taps, window, weights);
        const Rows<float> y{out + panel * kPanel, task.outputs};
        const Rows<const float> bias{task.bias + panel * kPanel, 0}, so_far{y.first, y.stride};
        multiply_panel(pixels, {windows, window}, window, weights, first == 0 ? bias : so_far, y);
      }
    }
  }
}

}  // namespace lienzo::nn
