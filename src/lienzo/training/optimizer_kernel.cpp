// Compiled with -fno-math-errno: a square root that must set errno keeps the loop from being
// vectorised.
#include "lienzo/training/optimizer_kernel.h"

#include <cmath>

namespace lienzo::training {

void adamw_update(const AdamWCoefficients& c,
                  int64_t count,
                  const float* __restrict gradient,
                  float* __restrict parameter,
                  float* __restrict m,
                  float* __restrict v,
                  float* __restrict ema) {
  for (int64_t i = 0; i < count; ++i) {
    const float g = gradient[i] * c.gradient_scale;
    m[i] = c.beta1 * m[i] + (1 - c.beta1) * g;
    v[i] = c.beta2 * v[i] + (1 - c.beta2) * g * g;
    parameter[i] =
        parameter[i] * c.keep - c.step_size * m[i] / (std::sqrt(v[i]) * c.root_scale + c.epsilon);
  }
  if (!ema) return;
  for (int64_t i = 0; i < count; ++i) ema[i] += c.ema_weight * (parameter[i] - ema[i]);
}

double sum_of_squares(int64_t count, const float* values) {
  // Eight partial sums: fixed order of addition, and the compiler may vectorise it.
  double sums[8] = {};
  int64_t i = 0;
  for (; i + 8 <= count; i += 8) {
    for (int k = 0; k < 8; ++k) sums[k] += static_cast<double>(values[i + k]) * values[i + k];
  }
  for (; i < count; ++i) sums[0] += static_cast<double>(values[i]) * values[i];
  double total = 0;
  for (double sum : sums) total += sum;
  return total;
}

}  // namespace lienzo::training
