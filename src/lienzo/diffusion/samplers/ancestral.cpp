#include "lienzo/diffusion/samplers/ancestral.h"

#include <algorithm>
#include <cmath>

namespace lienzo::diffusion {

AncestralStep ancestral_step(double sigma, double sigma_next, double eta) {
  const double ratio = sigma_next / sigma;
  const double up = std::min(sigma_next, eta * sigma_next * std::sqrt(1 - ratio * ratio));
  return {std::sqrt(sigma_next * sigma_next - up * up), up};
}

FlowAncestralStep flow_ancestral_step(double sigma, double sigma_next, double eta) {
  if (sigma_next == sigma) return {.down = sigma_next};
  const double down = sigma_next * (1 + (sigma_next / sigma - 1) * eta);
  const double kept = (1 - sigma_next) / (1 - down);
  const double left = kept * down;
  return {down, kept, std::sqrt(std::max(0.0, sigma_next * sigma_next - left * left))};
}

}  // namespace lienzo::diffusion
