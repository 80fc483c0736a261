// Compiled for AVX2, FMA and F16C.
#include <algorithm>

#include "lienzo/nn/layer_kernels.h"
#include "lienzo/nn/panel_avx2.h"

namespace lienzo::nn {
namespace {

constexpr int64_t kDepth = 256;  // numbers of a row that are gone through at a time
constexpr int64_t kPanels = 16;  // whose sums are kept together until they are whole

// Numbers first..first + deep of all rows, without the gaps between them.
void copy_columns(const LinearTask& task, int64_t first, int64_t deep, float* to) {
  const float* from = task.x + first;
  for (int64_t row = 0; row < task.rows; ++row, from += task.weights.length, to += deep) {
    int64_t i = 0;
    // Inlined for short rows, std::memcpy is several times slower.
    for (; i + 8 <= deep; i += 8) _mm256_storeu_ps(to + i, _mm256_loadu_ps(from + i));
    for (; i < deep; ++i) to[i] = from[i];
  }
}

}  // namespace

bool prefers_layer_kernels() {
  static const bool prefers = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") &&
                              __builtin_cpu_supports("f16c") && !__builtin_cpu_supports("avx512f");
  return prefers;
}

int64_t linear_scratch(const LinearTask& task) {
  return kDepth * kPanel + task.rows * (kDepth + kPanels * kPanel);
}

void multiply(const LinearTask& task, float* scratch) {
  const int64_t in = task.weights.length, rows = task.rows;
  float* weights = scratch;
  float* x = weights + kDepth * kPanel;
  float* sums = x + rows * kDepth;
  for (int64_t begin = task.first_panel; begin < task.last_panel; begin += kPanels) {
    const int64_t end = std::min(begin + kPanels, task.last_panel);
    for (int64_t first = 0; first < in; first += kDepth) {
      const int64_t deep = std::min(kDepth, in - first);
      const bool begins = first == 0, ends = first + deep == in;
      copy_columns(task, first, deep, x);
      for (int64_t panel = begin; panel < end; ++panel) {
        read_panel(task.weights, panel, first, deep, weights);
        float* sum = sums + (panel - begin) * rows * kPanel;
        const Rows<const float> bias{task.bias + panel * kPanel, 0};
        const Rows<const float> before{sum, kPanel};
        const Rows<float> after{sum, kPanel}, y{task.y + panel * kPanel, task.outputs};
        multiply_panel(rows, {x, deep}, deep, weights, begins ? bias : before, ends ? y : after);
      }
    }
  }
}

}  // namespace lienzo::nn
