#include "lienzo/diffusion/samplers/x0_limit.h"

#include <vector>

namespace lienzo::diffusion {

torch::Tensor limit_x0(const torch::Tensor& x0, const X0Limit& limit) {
  switch (limit.kind) {
    case X0Limit::Kind::kNone: return x0;
    case X0Limit::Kind::kClip: return x0.clamp(-limit.range, limit.range);
    case X0Limit::Kind::kThreshold: break;
  }
  const torch::Tensor flat = x0.flatten(1).to(torch::kFloat);
  std::vector<int64_t> per_row(static_cast<size_t>(x0.dim()), 1);
  per_row[0] = x0.size(0);
  const torch::Tensor size =
      flat.abs().quantile(limit.ratio, 1).clamp(1, limit.max_threshold).reshape(per_row);
  return (x0.clamp(-size, size) / size).to(x0.scalar_type());
}

}  // namespace lienzo::diffusion
