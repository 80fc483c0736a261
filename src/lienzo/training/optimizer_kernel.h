#pragma once

#include <cstdint>

namespace lienzo::training {

/// Numbers of one update, the same for all elements.
struct AdamWCoefficients {
  float beta1, beta2;
  float epsilon;
  float gradient_scale;
  float keep;        // 1 - learning rate * weight decay
  float step_size;   // learning rate / (1 - beta1^t)
  float root_scale;  // 1 / sqrt(1 - beta2^t)
  float ema_weight;  // 1 - EMA decay
};

/// Updates `count` elements; `ema` may be null. Contract: float32 within 1e-6 relative of
/// torch.optim.AdamW.
void adamw_update(const AdamWCoefficients& c,
                  int64_t count,
                  const float* gradient,
                  float* parameter,
                  float* m,
                  float* v,
                  float* ema);

/// Sum of squares in double precision.
double sum_of_squares(int64_t count, const float* values);

}  // namespace lienzo::training
