// Compiled for AVX2, FMA and F16C.
#include <algorithm>

#include "lienzo/nn/layer_kernels.h"
#include "lienzo/nn/panel_avx2.h"

namespace lienzo::nn {
namespace {

constexpr int64_t kLanes = 8;
constexpr int64_t kDepth = 160;    // channels that are gone through at a time, at most
constexpr int64_t kProducts = 16;  // of a tile of 2 x 2 pixels, 4 x 4
constexpr int64_t kTaps = 9;
// What lies far apart does not lie at a power of two, where all would compete for the same few
// lines of the cache.
constexpr int64_t kGap = 16;
constexpr int64_t kTileProducts = kProducts * kPanel + kGap;  // numbers from one tile to the next

// Channels in as many parts as need be, of nearly the same size.
int64_t channels_at_a_time(int64_t channels) {
  const int64_t parts = (channels + kDepth - 1) / kDepth;
  return ((channels + parts - 1) / parts + kLanes - 1) / kLanes * kLanes;
}

struct Tiles {
  explicit Tiles(const ConvolutionTask& task)
      : rows((task.last_row - task.first_row + 1) / 2),
        columns((task.y_width + 1) / 2),
        count((task.last_picture - task.first_picture) * rows * columns) {}
  int64_t rows, columns;  // of one picture
  int64_t count;          // of all pictures
};

// Where the pieces of the scratch memory begin.
struct Room {
  Room(const ConvolutionTask& task, const Tiles& tiles)
      : depth(channels_at_a_time(task.channels)),
        input_stride(tiles.count * depth + kGap),
        weight_stride(depth * kPanel + kGap),
        products(tiles.count * kTileProducts) {}
  int64_t taps() const { return depth * kTaps * kPanel; }
  int64_t numbers() const { return products + taps() + kProducts * (input_stride + weight_stride); }
  int64_t depth;
  int64_t input_stride, weight_stride;  // from one of the 4 x 4 to the next
  int64_t products;
};

// B^T d B over eight channels; d is 4 x 4 pixels.
inline void transform_input(const float* const (&d)[4][4],
                            int64_t channel,
                            float* to,
                            int64_t stride) {
  __m256 rows[4][4];
#pragma GCC unroll 4
  for (int j = 0; j < 4; ++j) {
    const __m256 d0 = _mm256_loadu_ps(d[0][j] + channel), d1 = _mm256_loadu_ps(d[1][j] + channel),
                 d2 = _mm256_loadu_ps(d[2][j] + channel), d3 = _mm256_loadu_ps(d[3][j] + channel);
    rows[0][j] = d0 - d2;
    rows[1][j] = d1 + d2;
    rows[2][j] = d2 - d1;
    rows[3][j] = d1 - d3;
  }
#pragma GCC unroll 4
  for (int i = 0; i < 4; ++i) {
    float* row = to + 4 * i * stride;
    _mm256_storeu_ps(row, rows[i][0] - rows[i][2]);
    _mm256_storeu_ps(row + stride, rows[i][1] + rows[i][2]);
    _mm256_storeu_ps(row + 2 * stride, rows[i][2] - rows[i][1]);
    _mm256_storeu_ps(row + 3 * stride, rows[i][1] - rows[i][3]);
  }
}

// Some channels of all tiles -> (4 x 4, tiles, deep).
void transform_inputs(const ConvolutionTask& task,
                      const Tiles& tiles,
                      int64_t first,
                      int64_t deep,
                      float* to,
                      int64_t stride) {
  static const float zeros[kDepth] = {};
  const int shift = task.doubled ? 1 : 0;
  const int64_t height = task.x_rows << shift, width = task.x_width << shift;
  for (int64_t picture = task.first_picture; picture < task.last_picture; ++picture) {
    const float* x = task.x + picture * task.x_picture + first;
    for (int64_t tile = 0; tile < tiles.rows * tiles.columns; ++tile, to += deep) {
      const int64_t top = task.first_row + tile / tiles.columns * 2 - task.above;
      const int64_t left = tile % tiles.columns * 2 - task.left;
      const float* d[4][4];
      for (int64_t i = 0; i < 4; ++i) {
        for (int64_t j = 0; j < 4; ++j) {
          const int64_t row = top + i, column = left + j;
          const bool inside = row >= 0 && row < height && column >= 0 && column < width;
          d[i][j] = inside ? x + ((row >> shift) * task.x_width + (column >> shift)) * task.channels
                           : zeros;
        }
      }
      for (int64_t c = 0; c < deep; c += kLanes) transform_input(d, c, to + c, stride);
    }
  }
}

// (a, b, c) -> (a, (a + b + c) / 2, (a - b + c) / 2, c), a column of G.
inline void transform_taps(__m256 a, __m256 b, __m256 c, __m256 (&to)[4]) {
  const __m256 half = _mm256_set1_ps(0.5f);
  const __m256 sum = half * (a + c), middle = half * b;
  to[0] = a;
  to[1] = sum + middle;
  to[2] = sum - middle;
  to[3] = c;
}

// G g G^T: (deep, 3 x 3, 16) -> (4 x 4, deep, 16).
void transform_weights(const float* taps, int64_t deep, float* to, int64_t stride) {
  for (int64_t at = 0; at < deep * 2; ++at) {
    const int64_t c = at / 2, half = at % 2 * kLanes;
    const float* g = taps + c * kTaps * kPanel + half;
    float* u = to + c * kPanel + half;
    __m256 columns[3][4];
#pragma GCC unroll 3
    for (int j = 0; j < 3; ++j) {
      transform_taps(_mm256_loadu_ps(g + j * kPanel),
                     _mm256_loadu_ps(g + (3 + j) * kPanel),
                     _mm256_loadu_ps(g + (6 + j) * kPanel),
                     columns[j]);
    }
#pragma GCC unroll 4
    for (int i = 0; i < 4; ++i) {
      __m256 row[4];
      transform_taps(columns[0][i], columns[1][i], columns[2][i], row);
#pragma GCC unroll 4
      for (int j = 0; j < 4; ++j) _mm256_storeu_ps(u + (4 * i + j) * stride, row[j]);
    }
  }
}

// A^T m A of one tile and eight outputs: two rows of two pixels.
inline void transform_output(const float* m, __m256 (&y)[2][2]) {
  __m256 rows[2][4];
#pragma GCC unroll 4
  for (int j = 0; j < 4; ++j) {
    const __m256 m0 = _mm256_loadu_ps(m + j * kPanel), m1 = _mm256_loadu_ps(m + (4 + j) * kPanel),
                 m2 = _mm256_loadu_ps(m + (8 + j) * kPanel),
                 m3 = _mm256_loadu_ps(m + (12 + j) * kPanel);
    rows[0][j] = m0 + m1 + m2;
    rows[1][j] = m1 - m2 - m3;
  }
#pragma GCC unroll 2
  for (int i = 0; i < 2; ++i) {
    y[i][0] = rows[i][0] + rows[i][1] + rows[i][2];
    y[i][1] = rows[i][1] - rows[i][2] - rows[i][3];
  }
}

// Adds what all tiles have of a panel to y, which begins with the bias.
void add_outputs(const ConvolutionTask& task,
                 const Tiles& tiles,
                 int64_t panel,
                 bool begins,
                 const float* products) {
  constexpr int64_t kAhead = 12;  // tiles whose y is on its way: it lies scattered in memory
  const int64_t y_row = task.y_width * task.outputs, each = tiles.rows * tiles.columns;
  const float* bias = task.bias + panel * kPanel;
  const float* m = products;
  for (int64_t picture = task.first_picture; picture < task.last_picture; ++picture) {
    float* y_panel = task.y + picture * task.y_picture + panel * kPanel;
    for (int64_t tile = 0; tile < each; ++tile, m += kTileProducts) {
      const int64_t row = task.first_row + tile / tiles.columns * 2;
      const int64_t column = tile % tiles.columns * 2;
      float* pixel = y_panel + row * y_row + column * task.outputs;
      const float* later = pixel + 2 * kAhead * task.outputs;
      for (int64_t i = 0; i < 2; ++i) {
        __builtin_prefetch(later + i * y_row, /*for writing=*/1);
        __builtin_prefetch(later + i * y_row + task.outputs, /*for writing=*/1);
      }
      const int64_t rows = std::min<int64_t>(2, task.last_row - row);
      const int64_t columns = std::min<int64_t>(2, task.y_width - column);
      for (int64_t half = 0; half < kPanel; half += kLanes) {
        __m256 y[2][2];
        transform_output(m + half, y);
        for (int64_t i = 0; i < rows; ++i) {
          for (int64_t j = 0; j < columns; ++j) {
            float* to = pixel + i * y_row + j * task.outputs + half;
            _mm256_storeu_ps(to, _mm256_loadu_ps(begins ? bias + half : to) + y[i][j]);
          }
        }
      }
    }
  }
}

}  // namespace

int64_t winograd_scratch(const ConvolutionTask& task) { return Room(task, Tiles(task)).numbers(); }

void convolve_by_winograd(const ConvolutionTask& task, float* scratch) {
  static const float zeros[kPanel] = {};
  const Tiles tiles(task);
  const Room room(task, tiles);
  float* inputs = scratch;
  float* weights = inputs + kProducts * room.input_stride;
  float* products = weights + kProducts * room.weight_stride;
  float* taps = products + room.products;
  // Of doubled pixels the two in the middle of a tile are one, so the difference of them is zero.
  const auto is_zero = [&](int64_t at) { return task.doubled && (at / 4 == 2 || at % 4 == 2); };
  if (task.doubled) std::fill_n(products, room.products, 0.0f);
  for (int64_t first = 0; first < task.channels; first += room.depth) {
    const int64_t deep = std::min(room.depth, task.channels - first);
    transform_inputs(task, tiles, first, deep, inputs, room.input_stride);
    for (int64_t panel = task.first_panel; panel < task.last_panel; ++panel) {
      read_panel(task.weights, panel, first * kTaps, deep * kTaps, taps);
      transform_weights(taps, deep, weights, room.weight_stride);
      for (int64_t at = 0; at < kProducts; ++at) {
        if (is_zero(at)) continue;
        multiply_panel(tiles.count,
                       {inputs + at * room.input_stride, deep},
                       deep,
                       weights + at * room.weight_stride,
                       {zeros, 0},
                       {products + at * kPanel, kTileProducts});
      }
      add_outputs(task, tiles, panel, first == 0, products);
    }
  }
}

}  // namespace lienzo::nn
