#pragma once

#include <cstdint>
#include <vector>

#include "lienzo/base/random.h"

namespace lienzo::training {

/// How noisy the pictures of a batch become: logit-normal times (Esser et al. 2024,
/// arXiv:2403.03206, section 3.1), and one in eight is pure noise, where the picture comes from the
/// condition alone.
struct NoiseLevels {
  double mean = 0.3;
  double deviation = 1.2;
};

/// `count` times in (0, 1] of a rectified flow.
std::vector<float> sample_times(const NoiseLevels& levels, int64_t count, Random& random);

}  // namespace lienzo::training
