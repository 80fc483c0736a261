#include "ceiling.h"

#include <torch/types.h>

#include <algorithm>
#include <chrono>

#include "lienzo/nn/conv2d.h"
#include "lienzo/nn/linear.h"

namespace lienzo::bench {
namespace {

// The best of several runs of `run`, which does `operations` each time.
template <typename Run>
double best_rate(double operations, const Run& run) {
  run();
  double best = 0;
  for (int i = 0; i < 8; ++i) {
    const auto start = std::chrono::steady_clock::now();
    run();
    const double seconds =
        std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    best = std::max(best, operations / seconds);
  }
  return best;
}

double measure_matrix_ceiling(at::ScalarType type) {
  const c10::InferenceMode inference;
  double best = 0;
  for (const int64_t size : {1024, 2048}) {
    const auto x = torch::randn({size, size}).to(type), w = torch::randn({size, size}).to(type);
    const auto n = static_cast<double>(size);
    best = std::max(best, best_rate(2 * n * n * n, [&] { return torch::linear(x, w); }));
  }
  return best;
}

double measure_layer_ceiling(at::ScalarType type) {
  const c10::InferenceMode inference;
  constexpr int64_t kChannels = 320, kSize = 64, kRows = 4096, kWidth = 1280;
  nn::Conv2d convolution(nn::Conv2dOptions{.in = kChannels, .out = kChannels});
  nn::Linear linear(kWidth, kWidth);
  convolution->prepare(type);
  linear->prepare(type);
  const auto picture = torch::randn({1, kChannels, kSize, kSize})
                           .to(type)
                           .contiguous(torch::MemoryFormat::ChannelsLast);
  const auto rows = torch::randn({kRows, kWidth}).to(type);
  return std::max({matrix_ceiling(type),
                   best_rate(2.0 * 9 * kChannels * kChannels * kSize * kSize,
                             [&] { return convolution(picture); }),
                   best_rate(2.0 * kRows * kWidth * kWidth, [&] { return linear(rows); })});
}

}  // namespace

double convolution_ceiling() {
  static const double rate = [] {
    const c10::InferenceMode inference;
    constexpr int64_t kChannels = 192, kSize = 64;
    const auto x =
        torch::randn({1, kChannels, kSize, kSize}).contiguous(torch::MemoryFormat::ChannelsLast);
    const auto w =
        torch::randn({kChannels, kChannels, 3, 3}).contiguous(torch::MemoryFormat::ChannelsLast);
    return best_rate(2.0 * 9 * kChannels * kChannels * kSize * kSize,
                     [&] { return torch::conv2d(x, w, {}, 1, 1); });
  }();
  return rate;
}

double matrix_ceiling(at::ScalarType type) {
  static const double wide = measure_matrix_ceiling(at::kFloat);
  static const double half = measure_matrix_ceiling(at::kBFloat16);
  return type == at::kBFloat16 ? half : wide;
}

double layer_ceiling(at::ScalarType type) {
  static const double wide = measure_layer_ceiling(at::kFloat);
  static const double half = measure_layer_ceiling(at::kBFloat16);
  return type == at::kBFloat16 ? half : wide;
}

double copy_seconds(int64_t bytes) {
  const c10::InferenceMode inference;
  const auto from = torch::zeros({bytes}, torch::kByte), to = torch::zeros({bytes}, torch::kByte);
  return 1 / best_rate(1, [&] { return to.copy_(from); });
}

}  // namespace lienzo::bench
