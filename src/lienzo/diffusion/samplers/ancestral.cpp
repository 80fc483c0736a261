#include "lienzo/diffusion/samplers/ancestral.h"

#include <algorithm>
#include <cmath>

namespace lienzo::diffusion {

AncestralStep ancestral_step(double sigma, double sigma_next, double eta) {
  const double ratio = sigma_next / sigma;
  const double up = std::min(sigma_next, eta * sigma_next * std::sqrt(1 - ratio * ratio));
  return {std::sqrt(sigma_next * sigma_next - up * up), up};
}

}  // namespace lienzo::diffusion
