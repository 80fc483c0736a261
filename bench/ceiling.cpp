#include "ceiling.h"

#include <torch/torch.h>

#include <chrono>

namespace lienzo::bench {

double convolution_ceiling() {
  static const double rate = [] {
    const c10::InferenceMode inference;
    constexpr int64_t kChannels = 192, kSize = 64;
    const auto x =
        torch::randn({1, kChannels, kSize, kSize}).contiguous(torch::MemoryFormat::ChannelsLast);
    const auto w =
        torch::randn({kChannels, kChannels, 3, 3}).contiguous(torch::MemoryFormat::ChannelsLast);
    const auto run = [&] { return torch::conv2d(x, w, {}, 1, 1); };
    run();
    double best = 0;
    for (int i = 0; i < 8; ++i) {
      const auto start = std::chrono::steady_clock::now();
      run();
      const double seconds =
          std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
      best = std::max(best, 2.0 * 9 * kChannels * kChannels * kSize * kSize / seconds);
    }
    return best;
  }();
  return rate;
}

}  // namespace lienzo::bench
