#include "lienzo/training/tasks/noise_levels.h"

#include <cmath>

namespace lienzo::training {

std::vector<float> sample_times(const NoiseLevels& levels, int64_t count, Random& random) {
  std::vector<float> times;
  for (int64_t b = 0; b < count; ++b) {
    const double logit = levels.mean + levels.deviation * random.normal();
    times.push_back(random.chance(0.125) ? 1.0f : static_cast<float>(1 / (1 + std::exp(-logit))));
  }
  return times;
}

}  // namespace lienzo::training
