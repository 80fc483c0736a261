#include "ceiling.h"

#include <torch/torch.h>

#include <algorithm>
#include <chrono>

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

}  // namespace lienzo::bench
